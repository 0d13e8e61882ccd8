/** Devices that one model is spread over. */
export const maxDeviceCount = 16;

export type DeviceSpec =
  | { readonly kind: 'spec'; readonly name: string; readonly count: number }
  | { readonly kind: 'invalid'; readonly reason: 'empty-name' | 'bad-count'; readonly found: string };

/** Reads "H100 SXM 80GB:2". Without ":count" it is one device. The count is 1 to 16, not necessarily a power of two. */
export function parseDeviceSpec(text: string): DeviceSpec {
  const colon = text.lastIndexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const count = colon < 0 ? '1' : text.slice(colon + 1).trim();
  if (name === '') return { kind: 'invalid', reason: 'empty-name', found: text };
  const value = Number(count);
  if (!/^\d{1,2}$/.test(count) || value < 1 || value > maxDeviceCount) return { kind: 'invalid', reason: 'bad-count', found: count };
  return { kind: 'spec', name, count: value };
}
