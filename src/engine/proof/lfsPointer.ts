/** Bytes below which every pointer of Git LFS stays (git-lfs docs/spec.md). */
export const maxPointerBytes = 1024;

/**
 * Bytes of the file that a pointer of Git LFS stands for; `undefined` where this is no pointer. A clone without LFS leaves
 * pointers in place of the weights. Form: git-lfs docs/spec.md, "The Pointer".
 */
export function pointedBytes(file: Uint8Array): number | undefined {
  if (file.length >= maxPointerBytes) return undefined;
  // Latin-1 is enough: every character of a pointer is ASCII.
  const text = String.fromCharCode(...file);
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return undefined;
  const size = /^size (\d{1,16})$/m.exec(text)?.[1];
  return size === undefined ? undefined : Number(size);
}
