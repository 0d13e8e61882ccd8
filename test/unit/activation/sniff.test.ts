import assert from 'node:assert/strict';
import { mayBeModelText } from '../../../src/activation/sniff';

describe('mayBeModelText', () => {
  it('takes a text that names a model', () => {
    assert.equal(mayBeModelText('{"model_type": "llama"}'), true);
    assert.equal(mayBeModelText('{ "architectures" : ["BertModel"] }'), true);
    assert.equal(mayBeModelText('{"peft_type": "LORA"}'), true);
  });

  it('takes a text with a width and a depth', () => {
    assert.equal(mayBeModelText('{"n_embd": 768, "n_layer": 12}'), true);
    assert.equal(mayBeModelText('{"dim": 4096, "n_layers": 32}'), true);
  });

  it('takes a text that is broken in the middle of an edit', () => {
    assert.equal(mayBeModelText('{"model_type": "llama", "hidden_size": '), true);
  });

  it('leaves other JSON alone', () => {
    assert.equal(mayBeModelText(''), false);
    assert.equal(mayBeModelText('{"name": "service", "depth": 3}'), false);
    assert.equal(mayBeModelText('{"hidden_size": 12}'), false);
    assert.equal(mayBeModelText('{"description": "the model_type of the car"}'), false);
  });

  it('finds the model type behind the names of 21,841 classes', () => {
    const classes = Array.from({ length: 21_841 }, (_, index) => `"${index}": "a class with a name of usual length"`);
    assert.equal(mayBeModelText(`{"id2label": {${classes.join(',\n')}}, "model_type": "beit"}`), true);
  });

  it('reads no more than it needs of a hundred megabytes', () => {
    const text = (before: number) => `{"a": "${'x'.repeat(before)}", "model_type": "llama"}`;
    assert.equal(mayBeModelText(text(1_000_000)), true);
    assert.equal(mayBeModelText(text(100_000_000)), false);
  });
});
