const frozen = new WeakSet<object>();

/** Freezes records and lists through and through, so that nothing that is handed a network can change it for others. */
export function deepFreeze<Value>(value: Value): Value {
  if (value === null || typeof value !== 'object' || frozen.has(value)) return value;
  frozen.add(value);
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}
