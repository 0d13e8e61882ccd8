/** A comparison of a config with its files, in words. */
import {
  formatBytes,
  formatNumber,
  type DifferenceKind,
  type NumberStyle,
  type Proof,
  type ProofNote,
  type TensorDifference,
  type TensorFacts,
  type Writer,
} from '../../engine/index';
import { problemText } from './problems';
import { reasonText } from './reasons';
import { longLabel } from './precisions';
import type { Translate } from './translate';

/** How a comparison ended, in one line. */
export function proofLine(proof: Proof, t: Translate, style: NumberStyle): string {
  const { status, basis, problem, off, counts, tensorsCompared, bytesFound } = proof;
  if (status === 'unreadable') return problem ? problemText(problem, t, style) : t('The files could not be compared.');
  if (status === 'verified') {
    const size = bytesFound === null ? '' : formatBytes(bytesFound, style);
    if (basis === 'index')
      return t('Verified, 0 bytes off: {0} names and the sum of bytes ({1}), from the index alone', formatNumber(tensorsCompared), size);
    return t('Verified, 0 bytes off: {0} tensors ({1}), name by name with type and shape', formatNumber(tensorsCompared), size);
  }
  const kinds = (Object.entries(counts) as [DifferenceKind, number][]).map(([kind, count]) => countText(kind, count, t));
  const what = kinds.join(', ');
  // What differs without a byte more or less is no "0 bytes off".
  if (off === null || off === 0) return t('Differs: {0}', what);
  return t('Differs by {0} bytes: {1}', signed(off), what);
}

/** With a sign, and a minus that is one. */
export const signed = (bytes: number): string => `${bytes > 0 ? '+' : bytes < 0 ? '−' : ''}${formatNumber(Math.abs(bytes))}`;

/** How many differences of a kind there are. */
export function countText(kind: DifferenceKind, count: number, t: Translate): string {
  const number = formatNumber(count);
  switch (kind) {
    case 'missing':
      return t('{0} missing', number);
    case 'extra':
      return t('{0} extra', number);
    case 'shape':
      return t('{0} of another shape', number);
    case 'dtype':
      return t('{0} of another type', number);
    case 'tied-stored':
      return t('{0} stored although tied', number);
    case 'tied-missing':
      return t('{0} not stored although not tied', number);
    case 'missing-file':
      return count === 1 ? t('1 file missing') : t('{0} files missing', number);
    case 'cut-file':
      return count === 1 ? t('1 file cut off') : t('{0} files cut off', number);
    case 'long-file':
      return count === 1 ? t('1 file too long') : t('{0} files too long', number);
    case 'not-in-file':
      return t('{0} in the index and not in its file', number);
    case 'not-in-index':
      return t('{0} in a file and not in the index', number);
    case 'twice':
      return t('{0} in two files', number);
    case 'total-size':
      return t('another total_size');
  }
}

const factsText = ({ dtype, shape }: TensorFacts): string => `${dtype} [${shape.join(', ')}]`;

/** One difference: what, and what is there instead. */
export function differenceText(difference: TensorDifference, t: Translate): string {
  const { kind, name, file = '', expected, found, tiedTo = '', why } = difference;
  const should = expected ? factsText(expected) : '';
  const is = found ? factsText(found) : '';
  switch (kind) {
    case 'missing':
      return t('{0} is missing; expected {1}', name, should);
    case 'extra':
      if (why === 'recomputed') return t('{0} is extra: {1}, a buffer that loading computes anew', name, is);
      if (why === 'unloaded') return t('{0} is extra: {1}, of a layer that the class does not load', name, is);
      return is === '' ? t('{0} is extra', name) : t('{0} is extra: {1}', name, is);
    case 'shape':
    case 'dtype':
      return t('{0} is {1}; expected {2}', name, is, should);
    case 'tied-stored':
      return t('{0} is stored, although the config ties it to {1}', name, tiedTo);
    case 'tied-missing':
      return t('{0} is missing, as if it were tied to {1}, which the config does not say', name, tiedTo);
    case 'missing-file':
      return difference.bytes === 0
        ? t('{0} is not there; download it', name)
        : t('{0} is not there, nor the {1} bytes of its tensors; download it', name, formatNumber(-difference.bytes));
    case 'cut-file':
      return t('{0} lacks its last {1} bytes; download it again', name, formatNumber(-difference.bytes));
    case 'long-file':
      return t('{0} has {1} bytes behind its data', name, formatNumber(difference.bytes));
    case 'not-in-file':
      return t('{0} is not in the file that the index names', name);
    case 'not-in-index':
      return t('{0} is in {1}, where the index does not place it', name, file);
    case 'twice':
      return t('{0} is in {1} a second time', name, file);
    case 'total-size':
      return t('The index writes a total_size {0} bytes from what its names should have', signed(difference.bytes));
  }
}

/** Something worth knowing that is no difference. */
export function proofNoteText(note: ProofNote, t: Translate, style: NumberStyle): string {
  switch (note.code) {
    case 'prefix':
      return note.found === ''
        ? t('The files lack the prefix "{0}": they are of the base model, which loading recognises.', note.expected)
        : t('The files have the prefix "{0}", which the base model lacks; loading recognises it.', note.found);
    case 'renamed-parts':
      return t('The files use other names for the parts of the model, which loading converts.');
    case 'other-forms':
      return t('Some tensors have another form in the files (experts in one tensor, or halves apart), which loading converts.');
    case 'legacy-names':
      return t(
        'Norms are called gamma and beta ({0} tensors), as in files from before PyTorch; loading renames them.',
        formatNumber(note.tensors),
      );
    case 'tied-alias':
      return t('{0} stands under the name that it is tied with: {1}.', note.name, note.found);
    case 'index-total':
      return t(
        'The index contradicts its own tensors: it writes total_size {0}, they sum to {1}.',
        formatNumber(note.written),
        formatNumber(note.found),
      );
    case 'index-beside':
      if (note.files === 1)
        return t(
          'model.safetensors was compared, which transformers reads before any index. {0} names another file: {1}; vLLM reads that one.',
          note.index,
          note.first,
        );
      return t(
        'model.safetensors was compared, which transformers reads before any index. {0} names {1} other files, the first of them {2}; vLLM reads those.',
        note.index,
        formatNumber(note.files),
        note.first,
      );
    case 'lfs-pointers':
      if (note.files === 1) return t('1 file is a pointer of Git LFS, to {0}; "git lfs pull" fetches it.', formatBytes(note.bytes, style));
      return t(
        '{0} files are pointers of Git LFS, to {1} in all; "git lfs pull" fetches them.',
        formatNumber(note.files),
        formatBytes(note.bytes, style),
      );
    case 'text':
      return t(
        '{0} tensors are text whose length depends on the data: {1} bytes by the files, {2} estimated.',
        formatNumber(note.tensors),
        formatNumber(note.bytes),
        formatNumber(note.estimated),
      );
    case 'unloaded-absent':
      return t(
        'The layers that predict further tokens ({0}) are not in the files; transformers saves none.',
        formatBytes(note.bytes, style),
      );
    case 'gguf-rules': {
      const rules = note.day === undefined ? t('the newest rules of llama.cpp') : t("llama.cpp's rules of {0}", note.day);
      return note.imatrix === true
        ? t('Compared with {0} by {1}, with an importance matrix.', note.fileType, rules)
        : t('Compared with {0} by {1}.', note.fileType, rules);
    }
    case 'writer':
      return writerText(note.writer, t);
    case 'dtype':
      return t('The config names no dtype; the files hold {0}, which was taken.', longLabel(note.dtype));
    case 'approximate':
      return t('What the config says is itself an estimate: {0}', note.reasons.map((reason) => reasonText(reason, t)).join(' '));
  }
}

/** Whose files these are, and how one tells them by their tensors. */
function writerText(writer: Writer, t: Translate): string {
  switch (writer) {
    case 'gptqmodel':
      return t('Written as GPTQModel does, and AutoGPTQ since March 2024: a bias only where the model has one.');
    case 'autogptq':
      return t('Written as AutoGPTQ did until March 2024: a bias of zeros in every layer without one.');
    case 'gptq-for-llama':
      return t('Written as GPTQ-for-LLaMa did in March 2023: scales at 32 bits, a bias of 32 bits in every layer, no g_idx.');
    case 'transformers-4':
      return t('Written as transformers did up to version 4: experts quantized one by one, modules to skip found anywhere in a name.');
    case 'transformers-5':
      return t(
        'Written as transformers does from version 5 on: experts are not quantized, modules to skip found at the start or the end of a name.',
      );
    case 'hqq':
      return t("Written as HQQ's own save function does: scales at the type of the model.");
    case 'transformers-4-hqq':
      return t('Written as transformers did up to version 4 with HQQ: scales, biases and layers left alone at 32 bits.');
    case 'modelopt-smoothed':
      return t('Written as ModelOpt does after AWQ or SmoothQuant: with a factor for each input of a layer.');
    case 'modelopt-rounded':
      return t('Written as ModelOpt does where weights are only rounded: without factors for the inputs of a layer.');
    case 'mlx-vlm':
      return t('Written as mlx-vlm does: with the vision or audio tower, not quantized.');
    case 'mlx-lm':
      return t('Written as mlx-lm does: without the vision or audio tower.');
    case 'compressed-tensors-padded':
      return t('Written as compressed-tensors did until May 2026: no value lies across two words.');
    case 'compressed-tensors-dense':
      return t('Written as compressed-tensors does since May 2026: values lie across words.');
  }
}
