import assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import type * as analysesModule from '../../../src/host/analyses';
import type * as estimatesModule from '../../../src/host/estimates';
import type * as insightsModule from '../../../src/host/insights';
import { changeSettings, requireWithStub } from './vscodeStub';

const { createAnalyses } = requireWithStub<typeof analysesModule>('host/analyses');
/** No files beside any config. */
const alone = { get: () => none };
const none = {};
const { createEstimates } = requireWithStub<typeof estimatesModule>('host/estimates');
const { insightsOf } = requireWithStub<typeof insightsModule>('host/insights');

const config = (layers: number) =>
  JSON.stringify({ model_type: 'llama', architectures: ['LlamaForCausalLM'], num_hidden_layers: layers, torch_dtype: 'bfloat16' });

/** A document as VS Code keeps one: the same object through all its versions. */
function documentOf(name: string) {
  const uri = { scheme: 'file', toString: () => `file:///${name}` };
  const state = { text: config(1), version: 1, reads: 0 };
  const document = {
    uri,
    languageId: 'json',
    lineCount: 1,
    get version() {
      return state.version;
    },
    getText() {
      state.reads++;
      return state.text;
    },
    positionAt: (offset: number) => ({ line: 0, character: offset }),
  };
  return {
    document: document as unknown as vscode.TextDocument,
    reads: () => state.reads,
    edit(text: string) {
      state.text = text;
      state.version++;
    },
  };
}

/** Different things among what many askers are given. */
const distinct = <T>(ask: () => T, times = 50): number => new Set(Array.from({ length: times }, ask)).size;

describe('what surfaces share', () => {
  it('one analysis per version of a document, however many ask', () => {
    const analyses = createAnalyses(alone);
    const { document, edit, reads } = documentOf('one.json');
    const seen = new Set<unknown>();
    for (const layers of [2, 3, 4]) {
      edit(config(layers));
      assert.equal(
        distinct(() => analyses.get(document)),
        1,
      );
      seen.add(analyses.get(document)?.analysis);
    }
    assert.equal(seen.size, 3);
    assert.equal(seen.has(undefined), false);
    // The first version is read twice: whether it may be a config, and what it says.
    assert.equal(reads(), 4);
  });

  it('documents do not push each other out while they take turns', () => {
    const analyses = createAnalyses(alone);
    const documents = Array.from({ length: 20 }, (_, index) => documentOf(`${index}.json`));
    for (let turn = 0; turn < 5; turn++) for (const { document } of documents) assert.ok(analyses.get(document));
    assert.deepEqual([...new Set(documents.map(({ reads }) => reads()))], [2]);
  });

  it('one estimate and one set of insights per version and settings', () => {
    const estimates = createEstimates(createAnalyses(alone));
    const { document, edit } = documentOf('estimated.json');
    const ask = () => estimates.get(document);
    const insights = () => insightsOf(estimates.get(document)!);
    assert.deepEqual([distinct(ask), distinct(insights)], [1, 1]);
    const before = ask();
    const analysis = before?.reading.analysis;
    assert.ok(analysis);
    changeSettings();
    assert.deepEqual([distinct(ask), distinct(insights)], [1, 1]);
    assert.notEqual(ask(), before);
    assert.equal(ask()?.reading.analysis, analysis, 'settings change no analysis');
    edit(config(5));
    assert.notEqual(ask()?.reading.analysis, analysis);
  });

  it('no new figures while the text is broken', () => {
    const analyses = createAnalyses(alone);
    const { document, edit } = documentOf('broken.json');
    const good = analyses.get(document)?.analysis;
    assert.ok(good);
    for (const text of ['{"model_type": "llama", ', '{"model_type": ', '{']) {
      edit(text);
      const reading = analyses.get(document);
      assert.deepEqual([reading?.analysis === good, reading?.stale], [true, true]);
    }
  });
});
