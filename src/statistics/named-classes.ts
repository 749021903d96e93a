/** What a network named for each picture of a set; `classes` itself stands where a picture could not be read. */
export interface NamedClasses {
  readonly classes: number;
  /** The right class of each picture. */
  readonly label: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** Whether two are of the same pictures, as far as labels tell. */
export function samePictures(a: NamedClasses, b: NamedClasses): boolean {
  if (a.classes !== b.classes || a.label.length !== b.label.length) return false;
  for (let at = 0; at < a.label.length; at++) if (a.label[at] !== b.label[at]) return false;
  return true;
}
