/** A network by what it costs and what it gives. */
interface Offer {
  readonly cost: number;
  readonly value: number;
}

/** Which offers no other beats: none costs as little and gives as much, with more of one. In the order given. */
export function paretoFront(offers: readonly Offer[]): boolean[] {
  const order = offers.map((_, at) => at).sort((a, b) => byCost(offers[a] as Offer, offers[b] as Offer));
  const front = offers.map(() => false);
  let best = Number.NEGATIVE_INFINITY;
  let last: Offer | null = null;
  for (const at of order) {
    const offer = offers[at] as Offer;
    const equal = last !== null && last.cost === offer.cost && last.value === offer.value;
    if (offer.value > best || equal) {
      front[at] = true;
      best = offer.value;
      last = offer;
    }
  }
  return front;
}

const byCost = (a: Offer, b: Offer): number => a.cost - b.cost || b.value - a.value;
