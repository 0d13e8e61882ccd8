/** What is wrong with the files of a checkpoint: what, where, and what to do. */
import { formatBytes, formatNumber, type NumberStyle, type Problem, type ProblemCode } from '../../engine/index';
import type { Translate } from './translate';

interface Values {
  text(key: string): string;
  count(key: string): string;
  bytes(key: string): string;
}
type Say = (v: Values, t: Translate) => string;

const sentences: Readonly<Record<ProblemCode, Say>> = {
  'missing-file': (v, t) => t('{0} is not there.', v.text('file')),
  'not-a-file': (v, t) => t('{0} is not a file.', v.text('file')),
  'read-failed': (v, t) => t('{0} could not be read: {1}', v.text('file'), v.text('message')),
  'lfs-pointer': (v, t) =>
    t('{0} is a pointer of Git LFS to a file of {1}; fetch it with "git lfs pull".', v.text('file'), v.bytes('bytes')),
  'header-cut': (_v, t) => t('The file ends within its header; it was not downloaded to the end.'),
  'header-too-large': (v, t) => t('The header claims {0}; more than {1} are never read.', v.bytes('bytes'), v.bytes('limit')),
  'not-utf8': (_v, t) => t('The header is no UTF-8 text; this is another kind of file, or a damaged one.'),
  'not-json': (v, t) => t('The header is not the JSON that it should be, at character {0}.', v.count('at')),
  'text-too-long': (v, t) =>
    t(
      'The text at character {0} of the header is longer than {1} characters, which no name or entry of a published file is; save the model again.',
      v.count('at'),
      v.count('limit'),
    ),
  'too-many-tensors': (v, t) => t('The file claims more than {0} tensors; no checkpoint has that many.', v.count('limit')),
  'duplicate-tensor': (v, t) => t('Tensor "{0}" stands there more than once.', v.text('name')),
  'bad-tensor': (v, t) => t('The entry of tensor "{0}" is not what the format says.', v.text('name')),
  'too-many-dimensions': (v, t) =>
    t('Tensor "{0}" has {1} dimensions; no more than {2} are read. Save it in fewer.', v.text('name'), v.count('rank'), v.count('limit')),
  'part-of-a-byte': (v, t) =>
    t(
      'Tensor "{0}" has {1} elements of {2} bits ({3}), which do not fill whole bytes; save it with an even number of columns, or packed as U8.',
      v.text('name'),
      v.count('elements'),
      v.count('bits'),
      v.text('dtype'),
    ),
  'unknown-dtype': (v, t) => t('Tensor "{0}" has a type that is not known: {1}.', v.text('name'), v.text('dtype')),
  'shape-too-large': (v, t) => t('The shape of tensor "{0}" is larger than any file.', v.text('name')),
  'size-mismatch': (v, t) =>
    t(
      'Tensor "{0}" takes {1} bytes by its type and shape, and {2} by its place in the file.',
      v.text('name'),
      v.count('expected'),
      v.count('found'),
    ),
  'bad-offset': (v, t) => t('The data of tensor "{0}" does not follow the tensor before it.', v.text('name')),
  'data-cut': (v, t) => t('The file lacks its last {0} bytes; download it again.', v.count('missing')),
  'data-beyond': (v, t) => t('The file has {0} bytes behind its data.', v.count('extra')),
  'not-gguf': (_v, t) => t('This is no GGUF file.'),
  'gguf-version': (v, t) => t('This is version {0} of GGUF; versions 1 to 3 are read.', v.text('version')),
  'gguf-name': (v, t) => t('A name in the header claims {0} bytes; none is longer than {1}.', v.count('bytes'), v.count('limit')),
  'gguf-entries': (v, t) =>
    t('The header claims {0} entries of metadata; more than {1} are never read.', v.count('found'), v.count('limit')),
  'gguf-array': (v, t) => t('The list under "{0}" claims {1} texts; no vocabulary has that many.', v.text('key'), v.count('length')),
  'gguf-metadata': (v, t) => t('The entry "{0}" of the metadata is not what the format says.', v.text('key')),
  'gguf-alignment': (v, t) => t('The alignment of the data is to be a power of two, not {0}.', v.text('alignment')),
  'bad-file-name': (v, t) => t('The index names "{0}", which is no file in its own folder.', v.text('name')),
  'too-many-files': (v, t) => t('The checkpoint has more than {0} files.', v.count('limit')),
  'no-weight-map': (_v, t) => t('The index has no weight_map, which says which file holds which tensor.'),
  pickled: (v, t) =>
    t('{0} is a pickle, which is never opened; save the model as safetensors, or keep its index beside it.', v.text('file')),
  'parts-missing': (v, t) => t('{0} of {1} parts are there.', v.count('found'), v.count('expected')),
  'no-model': (v, t) => t('{0} gives no model to compare with.', v.text('file')),
  'no-config': (v, t) => t('{0} is not there; a folder with a config is what can be verified.', v.text('file')),
  'no-checkpoint': (_v, t) => t('No safetensors, GGUF file or index lies beside the config; there is nothing to compare with.'),
  'no-sizes': (_v, t) => t('All names agree, but the index writes no total_size and no shard is there: nothing tells the bytes.'),
};

/** A problem in a sentence, after the file that has it where it names one. */
export function problemText({ code, values }: Problem, t: Translate, style: NumberStyle): string {
  const value = (key: string): string | number => values[key] ?? '';
  const number = (key: string, say: (count: number) => string): string => {
    const found = value(key);
    return typeof found === 'number' && Number.isFinite(found) ? say(found) : String(found);
  };
  const sentence = sentences[code](
    {
      text: (key) => String(value(key)),
      count: (key) => number(key, (count) => formatNumber(count)),
      bytes: (key) => number(key, (bytes) => formatBytes(bytes, style)),
    },
    t,
  );
  const file = values['file'];
  return file === undefined || namesFile.has(code) ? sentence : t('{0}: {1}', String(file), sentence);
}

/** Problems whose sentence names the file itself. */
const namesFile: ReadonlySet<ProblemCode> = new Set([
  'missing-file',
  'not-a-file',
  'read-failed',
  'lfs-pointer',
  'pickled',
  'no-model',
  'no-config',
]);
