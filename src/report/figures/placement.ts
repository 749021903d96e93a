interface Pixel {
  readonly x: number;
  readonly y: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
  /** So far from its point that a line should join them. */
  readonly far: boolean;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Places for one small label a point, in order, each the nearest of rings of candidates that covers no point, no label
 * placed before and nothing outside `area`, and if possible not the line along `path` either. `size` is that of every
 * label, in pixels.
 */
export function placeLabels(
  points: readonly Pixel[],
  path: readonly Pixel[],
  size: { readonly width: number; readonly height: number },
  area: Box,
): Place[] {
  const taken: Box[] = points.map(({ x, y }) => around(x, y, 11, 11));
  const line = alongPath(path);
  return points.map(({ x, y }) => {
    const candidates = [13, 20, 28, 38, 50, 64].flatMap((distance) =>
      Array.from({ length: 12 }, (_, turn) => {
        // First above, then alternating to both sides.
        const angle = -Math.PI / 2 + (((turn + 1) >> 1) * (turn % 2 === 0 ? 1 : -1) * Math.PI) / 6;
        return { x: x + distance * Math.cos(angle), y: y + distance * Math.sin(angle), far: distance > 20 };
      }),
    );
    const boxOf = (place: Place) => around(place.x, place.y, size.width, size.height);
    const free = candidates.filter(
      (place) => inside(boxOf(place), area) && !taken.some((box) => overlap(box, boxOf(place))),
    );
    const clear = free.find((place) => !line.some((box) => overlap(box, boxOf(place))));
    const chosen = clear ?? free[0] ?? (candidates[0] as Place);
    taken.push(boxOf(chosen));
    return chosen;
  });
}

/** Small boxes strung along the path, close enough that no label slips between them. */
function alongPath(path: readonly Pixel[]): Box[] {
  return path.slice(1).flatMap((to, at) => {
    const from = path[at] as Pixel;
    const count = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 6));
    return Array.from({ length: count + 1 }, (_, step) => {
      const share = step / count;
      return around(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y), 4, 4);
    });
  });
}

const around = (x: number, y: number, width: number, height: number): Box => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
});
const inside = (box: Box, area: Box): boolean =>
  box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;
const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
