import assert from 'node:assert/strict';
import {
  analyze,
  compareTensors,
  gatherFiles,
  type Analysis,
  type FoundFiles,
  type LookedFile,
  type Proof,
  type ShardIndex,
} from '../../../src/engine/index';
import { finish } from '../../support/readings';
import { absent, fileOf, gathered, indexOf, llama, modelOf, tensorsOf, type Tensor } from './models';

const prove = (analysis: Analysis, files: FoundFiles): Proof => finish(compareTensors(analysis, files, 'safetensors')).result;
/** Holds a model against one file with these tensors. */
const against = (analysis: Analysis, tensors: readonly Tensor[]): Proof => prove(analysis, gathered(fileOf(tensors)));
const withIndex = (analysis: Analysis, index: ShardIndex, files: readonly LookedFile[]): Proof =>
  prove(analysis, finish(gatherFiles(index, files)).result);

const kinds = ({ differences }: Proof): string[] => differences.map(({ kind, name }) => `${kind} ${name}`);
/** What must hold of every proof whose bytes are known. */
function assertSums(proof: Proof): void {
  assert.equal(proof.off, (proof.bytesFound ?? NaN) - (proof.bytesExpected ?? NaN));
  assert.equal(
    proof.differences.reduce((sum, { bytes }) => sum + bytes, 0),
    proof.off,
    'the differences explain the bytes',
  );
  assert.equal(
    Object.values(proof.counts).reduce((sum, count) => sum + count, 0),
    proof.differences.length,
  );
}
const rename = (tensors: readonly Tensor[], change: (name: string) => string): Tensor[] =>
  tensors.map((tensor) => ({ ...tensor, name: change(tensor.name) }));
const head = 'lm_head.weight';
const embedding = 'model.embed_tokens.weight';

describe('a comparison with the tensors of the files', () => {
  const model = llama();
  const own = tensorsOf(model);

  it('is verified when every tensor is what the config says', () => {
    const proof = against(model, own);
    assert.deepEqual(
      [proof.status, proof.basis, proof.off, proof.bytesExpected, proof.tensorsCompared, proof.tensorsExpected],
      ['verified', 'headers', 0, model.checkpoint.bytes, own.length, own.length],
    );
    assert.deepEqual(
      [proof.differences, proof.notes, { ...proof.types }],
      [[], [], { BF16: { tensors: own.length, bytes: model.checkpoint.bytes } }],
    );
  });

  it('names a tensor that is missing, and one that is too many', () => {
    const [first, ...others] = own;
    const proof = against(model, [...others, { name: 'model.extra', dtype: 'F32', shape: [2, 2], bytes: 16 }]);
    assert.equal(proof.status, 'differs');
    assert.deepEqual(kinds(proof), [`missing ${first?.name}`, 'extra model.extra']);
    assert.deepEqual(proof.differences[0]?.expected, { dtype: 'BF16', shape: [32, 64], bytes: 4096 });
    assert.deepEqual(proof.differences[1]?.found, { dtype: 'F32', shape: [2, 2], bytes: 16 });
    assertSums(proof);
  });

  it('finds names that differ even where the bytes are equal', () => {
    const proof = against(
      model,
      rename(own, (name) => (name === 'model.norm.weight' ? 'model.final.weight' : name)),
    );
    assert.deepEqual([proof.status, proof.off], ['differs', 0]);
    assert.deepEqual(kinds(proof), ['missing model.norm.weight', 'extra model.final.weight']);
  });

  it('names other shapes and other types, a shape of as many elements among them', () => {
    const proof = against(
      model,
      own.map((tensor) => {
        if (tensor.name === embedding) return { ...tensor, shape: [64, 32] };
        if (tensor.name === 'model.norm.weight') return { ...tensor, dtype: 'F32', bytes: tensor.bytes * 2 };
        return tensor;
      }),
    );
    assert.deepEqual(kinds(proof), [`shape ${embedding}`, 'dtype model.norm.weight']);
    assert.deepEqual(proof.counts, { shape: 1, dtype: 1 });
    assert.equal(proof.off, 128);
    assertSums(proof);
  });

  it('lists a hundred differences of thousands, some of every kind, and counts them all', () => {
    const deep = llama({ num_hidden_layers: 500 });
    const tensors = tensorsOf(deep);
    const changed = tensors.flatMap((tensor, at) => (at % 2 === 0 ? [] : [{ ...tensor, dtype: 'F16' }]));
    const proof = against(deep, [...changed, { name: 'x', dtype: 'U8', shape: [1], bytes: 1 }]);
    assert.equal(proof.differences.length, 100);
    assert.deepEqual(proof.counts, { missing: Math.ceil(tensors.length / 2), dtype: Math.floor(tensors.length / 2), extra: 1 });
    assert.deepEqual(new Set(proof.differences.map(({ kind }) => kind)), new Set(['missing', 'dtype', 'extra']));
  });

  it('goes in slices of bounded work', () => {
    const deep = llama({ num_hidden_layers: 2000 });
    const files = gathered(fileOf(tensorsOf(deep)));
    const { slices, result } = finish(compareTensors(deep, files, 'safetensors'));
    assert.equal(result.status, 'verified');
    assert.ok(slices >= result.tensorsCompared / 2500, `${slices} slices`);
  });

  describe('with tied weights', () => {
    const tied = llama({ tie_word_embeddings: true });
    it('holds the tied tensor once', () => assert.equal(against(tied, tensorsOf(tied)).status, 'verified'));
    it('names a head that is stored although it is tied', () => {
      const proof = against(tied, own);
      assert.deepEqual(kinds(proof), [`tied-stored ${head}`]);
      assert.deepEqual([proof.off, proof.differences[0]?.tiedTo], [4096, embedding]);
      assertSums(proof);
    });
    it('names a head that is missing although it is not tied', () => {
      const proof = against(model, tensorsOf(tied));
      assert.deepEqual(kinds(proof), [`tied-missing ${head}`]);
      assert.deepEqual([proof.off, proof.differences[0]?.tiedTo], [-4096, embedding]);
      assertSums(proof);
    });
    it('takes the tied tensor under its other name', () => {
      const proof = against(
        tied,
        rename(tensorsOf(tied), (name) => (name === embedding ? head : name)),
      );
      assert.equal(proof.status, 'verified');
      assert.deepEqual(proof.notes, [{ code: 'tied-alias', name: embedding, found: head }]);
    });
  });

  describe('under other names', () => {
    it('takes a base model, whose files lack the prefix', () => {
      const body = own.filter(({ name }) => name !== head);
      const proof = against(
        model,
        rename(body, (name) => name.replace(/^model\./, '')),
      );
      assert.deepEqual(kinds(proof), [`tied-missing ${head}`]);
      assert.deepEqual(proof.notes, [{ code: 'prefix', expected: 'model.', found: '' }]);
    });
    it('takes a base model whose files have the prefix', () => {
      const bare = llama({ architectures: ['LlamaModel'] });
      const proof = against(bare, own);
      assert.deepEqual(kinds(proof), [`extra ${head}`]);
      assert.deepEqual(proof.notes, [{ code: 'prefix', expected: '', found: 'model.' }]);
    });
    it('does not take a prefix that the reference does not', () => {
      const proof = against(
        model,
        rename(own, (name) => `module.${name}`),
      );
      assert.equal(proof.counts.missing, own.length);
      assert.equal(proof.counts.extra, own.length);
    });
    it('takes the norms of the first BERTs', () => {
      const bert = modelOf({ model_type: 'bert', architectures: ['BertForMaskedLM'], num_hidden_layers: 1, torch_dtype: 'float32' });
      const legacy = rename(tensorsOf(bert), (name) =>
        name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
      );
      const proof = against(bert, legacy);
      assert.equal(proof.status, 'verified', JSON.stringify(kinds(proof)));
      assert.deepEqual(proof.notes, [{ code: 'legacy-names', tensors: 8 }]);
    });
    it('takes composites under the names of before and after their parts were renamed', () => {
      const vision = modelOf({ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], dtype: 'bfloat16' });
      const renamed = rename(tensorsOf(vision), (name) =>
        name
          .replace(/^language_model\.model\./, 'model.language_model.')
          .replace(/^language_model\.lm_head\./, 'lm_head.')
          .replace(/^(vision_tower|multi_modal_projector)\./, 'model.$1.'),
      );
      assert.notDeepEqual(renamed, tensorsOf(vision));
      const proof = against(vision, renamed);
      assert.equal(proof.status, 'verified', JSON.stringify(kinds(proof).slice(0, 5)));
      assert.deepEqual(proof.notes, [{ code: 'renamed-parts' }]);
    });
    describe('that a composite had at different times', () => {
      const vision = modelOf({ model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], dtype: 'bfloat16' });
      const llava = modelOf({ model_type: 'llava', architectures: ['LlavaForConditionalGeneration'], dtype: 'float16' });
      const deeper = (name: string): string => name.replace(/^vision_tower\./, 'vision_tower.vision_model.');
      const moved = (name: string): string =>
        name
          .replace(/^language_model\.model\./, 'model.language_model.')
          .replace(/^language_model\.lm_head\./, 'lm_head.')
          .replace(/^(vision_tower|multi_modal_projector)\./, 'model.$1.');
      for (const [title, analysis] of [
        ['Gemma 3', vision],
        ['LLaVA', llava],
      ] as const)
        for (const [which, other] of [
          ['with the module in its tower that it was published with', deeper],
          ['with that, and its parts renamed', (name: string) => moved(deeper(name))],
        ] as const)
          it(`takes ${title} ${which}, and finds what differs`, () => {
            const files = rename(tensorsOf(analysis), other);
            const proof = against(analysis, files);
            assert.equal(proof.status, 'verified', JSON.stringify(kinds(proof).slice(0, 5)));
            assert.deepEqual(proof.notes, [{ code: 'renamed-parts' }]);
            const gone = files.findIndex(({ name }) => name.includes('vision_tower.vision_model.encoder.layers.1.mlp.fc1.weight'));
            const wrong = files.flatMap((file, at) =>
              at === gone ? [] : at === gone + 1 ? [{ ...file, shape: [1, ...file.shape] }] : [file],
            );
            const [shape, missing] = [files[gone + 1]?.name, files[gone]?.name];
            assert.deepEqual(new Set(kinds(against(analysis, wrong))), new Set([`missing ${missing}`, `shape ${shape}`]));
          });
      it('does not take a part of a tower under the one name and the rest under the other', () => {
        const names = tensorsOf(vision).map(({ name }) => name);
        const first = names.find((name) => name.startsWith('vision_tower.'));
        const proof = against(
          vision,
          rename(tensorsOf(vision), (name) => (name === first ? name : deeper(name))),
        );
        assert.deepEqual(proof.counts, { missing: 1, extra: 1 });
      });
    });
    it('takes a head under the name that GPT-NeoX has since transformers 5', () => {
      const neox = modelOf({ model_type: 'gpt_neox', architectures: ['GPTNeoXForCausalLM'], num_hidden_layers: 1, torch_dtype: 'float16' });
      const proof = against(
        neox,
        rename(tensorsOf(neox), (name) => name.replace('embed_out.', 'lm_head.')),
      );
      assert.deepEqual([proof.status, proof.notes], ['verified', [{ code: 'renamed-parts' }]]);
    });
  });

  it('takes the dtype of the files where the config names none, and keeps every other difference', () => {
    const bert = { model_type: 'bert', architectures: ['BertModel'], num_hidden_layers: 1 };
    const files = tensorsOf(modelOf({ ...bert, torch_dtype: 'float32' }));
    const unnamed = modelOf(bert);
    const proof = against(unnamed, files);
    assert.deepEqual([proof.status, proof.off, proof.dtype], ['verified', 0, 'fp32']);
    assert.deepEqual(proof.notes, [{ code: 'dtype', dtype: 'fp32' }]);
    const odd = files.map((file, at) => (at === 3 ? { ...file, dtype: 'F16', bytes: file.bytes / 2 } : file));
    assert.equal(against(unnamed, odd).counts.dtype, 1);
    const { dtype, checkpoint } = analyze(unnamed.root, { told: { dtype: 'fp32' } }) as Analysis;
    assert.deepEqual([dtype, checkpoint.basis.kind], [{ value: 'fp32', assumed: false }, 'exact']);
  });

  it('takes files with and without the layers that no class loads', () => {
    const deepseek = modelOf({
      model_type: 'deepseek_v3',
      architectures: ['DeepseekV3ForCausalLM'],
      dtype: 'bfloat16',
      num_hidden_layers: 2,
      first_k_dense_replace: 1,
      n_routed_experts: 8,
      num_nextn_predict_layers: 1,
    });
    const all = tensorsOf(deepseek);
    const loaded = all.filter(({ name }) => !name.startsWith('model.layers.2.'));
    assert.ok(loaded.length < all.length);
    assert.deepEqual([against(deepseek, all).status, against(deepseek, all).notes], ['verified', []]);
    const proof = against(deepseek, loaded);
    assert.deepEqual([proof.status, proof.off, proof.tensorsExpected], ['verified', 0, loaded.length]);
    assert.deepEqual(proof.notes, [{ code: 'unloaded-absent', bytes: deepseek.checkpoint.extras.unloadedBytes }]);
    const some = against(deepseek, [...loaded, ...all.filter(({ name }) => name === 'model.layers.2.eh_proj.weight')]);
    assert.equal(some.counts.missing, all.length - loaded.length - 1);
  });

  it('says of extra tensors what they are, where that is known', () => {
    const buffer = { name: 'model.layers.0.self_attn.rotary_emb.inv_freq', dtype: 'F32', shape: [8], bytes: 32 };
    const proof = against(model, [...own, buffer]);
    assert.deepEqual([proof.differences[0]?.why, proof.off], ['recomputed', 32]);
  });

  describe('that are quantized', () => {
    const bitsandbytes = llama({
      hidden_size: 256,
      intermediate_size: 512,
      quantization_config: {
        quant_method: 'bitsandbytes',
        load_in_4bit: true,
        bnb_4bit_quant_type: 'nf4',
        bnb_4bit_use_double_quant: true,
      },
    });
    const state = /quant_state/;
    it('holds every scale and state against the files', () => {
      const tensors = tensorsOf(bitsandbytes);
      assert.ok(tensors.some(({ name }) => state.test(name)));
      assert.equal(against(bitsandbytes, tensors).status, 'verified');
      const without = tensors.filter(({ name }) => !name.endsWith('0.self_attn.q_proj.weight.absmax'));
      assert.deepEqual(kinds(against(bitsandbytes, without)), ['missing model.layers.0.self_attn.q_proj.weight.absmax']);
    });
    it('takes the length of a text from the files, and says so', () => {
      const longer = tensorsOf(bitsandbytes).map((tensor) =>
        state.test(tensor.name) ? { ...tensor, shape: [tensor.bytes + 1], bytes: tensor.bytes + 1 } : tensor,
      );
      const proof = against(bitsandbytes, longer);
      assert.deepEqual([proof.status, proof.off], ['verified', 0]);
      const note = proof.notes.find(({ code }) => code === 'text');
      assert.ok(note?.code === 'text');
      assert.deepEqual([note.tensors, note.bytes - note.estimated], [14, 14]);
    });
    it('tells the layers that a rule leaves alone from the others', () => {
      const mixed = llama({
        hidden_size: 256,
        quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128], modules_to_not_convert: ['model.layers.1.mlp'] },
      });
      const names = tensorsOf(mixed).map(({ name }) => name);
      assert.ok(names.includes('model.layers.0.mlp.up_proj.weight_scale_inv'));
      assert.ok(!names.includes('model.layers.1.mlp.up_proj.weight_scale_inv'));
      assert.equal(against(mixed, tensorsOf(mixed)).status, 'verified');
    });
  });
});

describe('a comparison with an index', () => {
  const model = llama();
  const own = tensorsOf(model);
  const total = model.checkpoint.bytes;
  const shardOf = (at: number): string => (at % 2 === 0 ? 'one.safetensors' : 'two.safetensors');
  const places = (tensors: readonly Tensor[]) => Object.fromEntries(tensors.map(({ name }, at) => [name, shardOf(at)]));
  const part = (which: number, tensors = own): Tensor[] => tensors.filter((_, at) => at % 2 === which);
  const both = [fileOf(part(0), 0, 'one.safetensors'), fileOf(part(1), 1, 'two.safetensors')];
  const neither = [absent('one.safetensors'), absent('two.safetensors')];

  it('takes types and shapes from the shards', () => {
    const proof = withIndex(model, indexOf(places(own), total), both);
    assert.deepEqual([proof.status, proof.basis, proof.off, proof.notes], ['verified', 'headers', 0, []]);
  });
  it('says so when the sum contradicts the tensors, which are right', () => {
    const proof = withIndex(model, indexOf(places(own), total + 100), both);
    assert.deepEqual([proof.status, proof.off], ['verified', 0]);
    assert.deepEqual(proof.notes, [{ code: 'index-total', written: total + 100, found: total }]);
  });
  it('stands on names and the sum where no shard is there', () => {
    const proof = withIndex(model, indexOf(places(own), total), neither);
    assert.deepEqual([proof.status, proof.basis, proof.off, proof.tensorsCompared], ['verified', 'index', 0, own.length]);
  });
  it('names a wrong sum and a missing name there, too', () => {
    assert.deepEqual(kinds(withIndex(model, indexOf(places(own), total - 64), neither)), ['total-size one.safetensors']);
    const proof = withIndex(model, indexOf(places(own.slice(1)), total), neither);
    assert.deepEqual(kinds(proof), [`missing ${own[0]?.name}`]);
    assert.equal(proof.status, 'differs');
  });
  it('cannot verify bytes without a sum', () => {
    const proof = withIndex(model, indexOf(places(own)), neither);
    assert.deepEqual([proof.status, proof.basis, proof.off, proof.problem?.code], ['unreadable', 'names', null, 'no-sizes']);
  });
  it('names a shard that is missing while others are there, and compares the rest', () => {
    const proof = withIndex(model, indexOf(places(own), total), [both[0] as LookedFile, absent('two.safetensors')]);
    assert.deepEqual([proof.status, proof.basis], ['differs', 'headers']);
    assert.deepEqual(kinds(proof), ['missing-file two.safetensors']);
    const absentBytes = part(1).reduce((sum, { bytes }) => sum + bytes, 0);
    assert.deepEqual([proof.off, proof.bytesFound, proof.differences[0]?.bytes], [-absentBytes, total - absentBytes, -absentBytes]);
    assertSums(proof);
  });
  it('takes pointers of Git LFS for files that are not there, and says how large those are', () => {
    const proof = withIndex(model, indexOf(places(own), total), [
      absent('one.safetensors', 'pointer', 500),
      absent('two.safetensors', 'pointer', 700),
    ]);
    assert.deepEqual([proof.status, proof.basis], ['verified', 'index']);
    assert.deepEqual(proof.notes, [{ code: 'lfs-pointers', files: 2, bytes: 1200 }]);
  });
  it('names tensors that the index misplaces or leaves out', () => {
    const wrong = { ...places(own), [own[0]?.name ?? '']: 'two.safetensors', ghost: 'one.safetensors' };
    const proof = withIndex(model, indexOf(wrong, total), [fileOf(part(1), 0, 'two.safetensors'), fileOf(part(0), 1, 'one.safetensors')]);
    assert.deepEqual(kinds(proof), ['not-in-file ghost', `not-in-index ${own[0]?.name}`]);
  });
  it('names a tensor that two shards hold, and its bytes', () => {
    const proof = withIndex(model, indexOf(places(own), total), [
      both[0] as LookedFile,
      fileOf([...part(1), own[0] as Tensor], 1, 'two.safetensors'),
    ]);
    assert.deepEqual(kinds(proof), [`twice ${own[0]?.name}`]);
    assert.equal(proof.off, own[0]?.bytes);
    assertSums(proof);
  });
  it('counts the bytes of a shard that is cut off as missing', () => {
    const cut = { ...(both[1] as LookedFile), problems: [{ code: 'data-cut', values: { missing: 10 } }] } as const;
    const proof = withIndex(model, indexOf(places(own), total), [both[0] as LookedFile, cut]);
    assert.deepEqual([proof.status, proof.off], ['differs', -10]);
    assert.deepEqual(kinds(proof), ['cut-file two.safetensors']);
    assertSums(proof);
  });
});
