import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nameRules, type NameRule } from '../../../src/engine/quantization/patterns/nameRules';

const layers = { name: 'model.layers.{n}.mlp.gate_proj.weight', indices: [32] };
const experts = { name: 'model.layers.{n}.mlp.experts.{n}.down_proj.weight', indices: [4, 128] };

type Kind = NameRule<string>['kind'];
const rule = (kind: Kind, text: string, outcome = 'kept'): NameRule<string> => ({ kind, text, outcome });

/** Copies that the rules name, by outcome; refusals are an error unless asked for. */
function named(rules: readonly NameRule<string>[], entry: { name: string; indices: readonly (number | readonly number[])[] } = layers) {
  const refused: string[] = [];
  const found = Object.fromEntries(
    nameRules(rules, (_text, problem) => refused.push(problem))
      .split(entry)
      .map(({ copies, outcome }) => [outcome ?? 'unnamed', copies]),
  );
  assert.deepEqual(refused, []);
  return found;
}

function refusals(rules: readonly NameRule<string>[], entry: typeof layers = layers): string[] {
  const refused: string[] = [];
  nameRules(rules, (_text, problem) => refused.push(problem)).split(entry);
  return refused;
}

describe('rules by module name', () => {
  it('names layer 1 and not layer 10', () => {
    assert.deepEqual(named([rule('name', 'model.layers.1')]), { kept: 1, unnamed: 31 });
    assert.deepEqual(named([rule('name', 'layers.1')]), { kept: 1, unnamed: 31 });
  });
  it('matches modules, not parts of their names', () => {
    assert.deepEqual(named([rule('name', 'gate')]), { unnamed: 32 });
    assert.deepEqual(named([rule('name', 'mlp.gate_proj')]), { kept: 32 });
    assert.deepEqual(named([rule('name', 'mlp')]), { kept: 32 });
    assert.deepEqual(named([rule('name', 'model.mlp')]), { unnamed: 32 });
  });
  describe('of towers that stand one module deeper in published files', () => {
    const tower = { name: 'vision_tower.encoder.layers.{n}.self_attn.k_proj.weight', indices: [4] };
    for (const lead of ['', 'model.'])
      it(`names their layers under ${lead}vision_tower.vision_model`, () => {
        const text = `${lead}vision_tower.vision_model.encoder.layers.1.self_attn.k_proj`;
        assert.deepEqual(named([rule('name', text)], tower), { kept: 1, unnamed: 3 });
        assert.deepEqual(named([rule('exact', text)], tower), { kept: 1, unnamed: 3 });
        assert.deepEqual(named([rule('name', `${lead}vision_tower.encoder.layers.1`)], tower), { kept: 1, unnamed: 3 });
        assert.deepEqual(named([rule('name', `${lead}vision_tower.vision_model.encoder.layers.1.self_attn.q_proj`)], tower), {
          unnamed: 4,
        });
      });
    it('names them by that module alone', () => {
      assert.deepEqual(named([rule('name', 'vision_model')], tower), { kept: 4 });
      assert.deepEqual(named([rule('name', 'vision_model')]), { unnamed: 32 });
    });
    it('names them by patterns that speak of it, and by those that do not', () => {
      assert.deepEqual(named([rule('expression', 'vision_tower\\.vision_model\\.encoder\\.layers\\.[01]\\.')], tower), {
        kept: 2,
        unnamed: 2,
      });
      assert.deepEqual(named([rule('glob', '*.vision_model.*')], tower), { kept: 4 });
      assert.deepEqual(named([rule('expression', 'vision_tower\\.encoder\\..*')], tower), { kept: 4 });
    });
  });
  it('finds a model under whatever wrapper it stands', () => {
    const inside = { name: 'model.language_model.layers.{n}.mlp.gate_proj.weight', indices: [4] };
    assert.deepEqual(named([rule('name', 'language_model.model.layers.2.mlp')], inside), { kept: 1, unnamed: 3 });
    assert.deepEqual(named([rule('name', 'model.layers.2.mlp')], inside), { kept: 1, unnamed: 3 });
    const tower = { name: 'vision_tower.encoder.layers.{n}.mlp.fc1.weight', indices: [4] };
    assert.deepEqual(named([rule('name', 'model.layers.2.mlp')], tower), { unnamed: 4 });
  });
  it('names one module alone by its whole name, under whatever wrapper', () => {
    assert.deepEqual(named([rule('exact', 'model.layers.1.mlp.gate_proj')]), { kept: 1, unnamed: 31 });
    for (const text of ['model.layers.1.mlp', 'model.layers.1', 'gate_proj', 'mlp.gate_proj', 'model.layers.1.mlp.gate_proj.weight'])
      assert.deepEqual(named([rule('exact', text)]), { unnamed: 32 }, text);
    const inside = { name: 'model.language_model.layers.{n}.mlp.gate_proj.weight', indices: [4] };
    assert.deepEqual(named([rule('exact', 'language_model.model.layers.2.mlp.gate_proj')], inside), { kept: 1, unnamed: 3 });
    const rules = [rule('exact', 'model.layers.1.mlp.gate_proj', 'a'), rule('expression', String.raw`.*layers\.[12]\.`, 'b')];
    assert.deepEqual(named(rules), { a: 1, b: 1, unnamed: 30 });
    assert.deepEqual(named([...rules].reverse()), { b: 2, unnamed: 30 });
  });
  it('goes by the layers that a stack has', () => {
    assert.deepEqual(named([rule('name', 'model.layers.7')], { ...layers, indices: [[3, 7, 11]] }), { kept: 1, unnamed: 2 });
    assert.deepEqual(named([rule('name', 'model.layers.8')], { ...layers, indices: [[3, 7, 11]] }), { unnamed: 3 });
  });
  it('counts experts within layers', () => {
    assert.deepEqual(named([rule('name', 'model.layers.1.mlp.experts.5')], experts), { kept: 1, unnamed: 511 });
    assert.deepEqual(named([rule('expression', String.raw`.*layers\.[23]\.mlp\.experts\.\d\..*`)], experts), { kept: 20, unnamed: 492 });
  });
  it('lets the first rule win, whatever its kind', () => {
    const rules = [rule('expression', String.raw`.*layers\.3\.`, 'a'), rule('name', 'mlp', 'b'), rule('glob', 'model.layers.*', 'c')];
    assert.deepEqual(named(rules), { a: 1, b: 31 });
    assert.deepEqual(named([...rules].reverse()), { c: 32 });
  });
  it('reads shell patterns as whole names of a module or of one around it', () => {
    assert.deepEqual(named([rule('glob', 'model.layers.1*')]), { kept: 11, unnamed: 21 });
    assert.deepEqual(named([rule('glob', 'model.layers.1.*')]), { kept: 1, unnamed: 31 });
    assert.deepEqual(named([rule('glob', 'model.layers.*.mlp')]), { kept: 32 });
    assert.deepEqual(named([rule('glob', '*.gate')]), { unnamed: 32 });
    assert.deepEqual(named([rule('glob', 'model.layers.[0-4].mlp')]), { kept: 5, unnamed: 27 });
    assert.deepEqual(named([rule('glob', 'model.layers.[!0-4].mlp')]), { kept: 5, unnamed: 27 });
  });
  it('matches expressions from the start of the name, without regard to its end', () => {
    assert.deepEqual(named([rule('expression', 'mlp')]), { unnamed: 32 });
    assert.deepEqual(named([rule('expression', '.*mlp')]), { kept: 32 });
    assert.deepEqual(named([rule('expression', '.*mlp$')]), { unnamed: 32 });
    assert.deepEqual(named([rule('expression', '.*proj$')]), { kept: 32 });
    assert.deepEqual(named([rule('expression', String.raw`(^|.*\.)gate_proj`)]), { kept: 32 });
    assert.deepEqual(named([rule('expression', String.raw`.*\.(1[0-5]|2)\.`)]), { kept: 7, unnamed: 25 });
  });
  it('agrees with the expressions of JavaScript where both can read them', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '1',
      String.raw`\.`,
      '.',
      '[ab]',
      '[^a]',
      String.raw`\d`,
      String.raw`\w`,
      '(a|b1)',
      '(?:1|ab)*',
      '(b?)',
    );
    const piece = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}', '*?'))
      .map(([a, q]) => (a.endsWith('*') ? a : a + q));
    const source = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
    const branches = fc
      .tuple(source, source, fc.boolean(), fc.boolean())
      .map(([a, b, two, end]) => (two ? `${a}|${b}` : a) + (end ? '$' : ''));
    const segment = fc.array(fc.constantFrom('a', 'b', '1', '_'), { minLength: 1, maxLength: 4 }).map((chars) => chars.join(''));
    const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'));
    fc.assert(
      fc.property(branches, name, (text, module) => {
        const expected = new RegExp(`^(?:${text})`).test(module) ? { kept: 1 } : { unnamed: 1 };
        assert.deepEqual(named([rule('expression', text)], { name: `${module}.weight`, indices: [] }), expected);
      }),
      { numRuns: 2000 },
    );
  });
  it('gives every copy one outcome', () => {
    const text = fc.string({ unit: fc.constantFrom(...'model.layrs0123456789*?[](){}|+\\^$-:'), maxLength: 30 });
    const rules = fc.array(
      fc.record({ kind: fc.constantFrom<Kind>('name', 'glob', 'expression'), text, outcome: fc.constantFrom('a', 'b') }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(rules, (list) => {
        const shares = nameRules(list, () => undefined).split(experts);
        assert.equal(
          shares.reduce((sum, { copies }) => sum + copies, 0),
          512,
        );
      }),
    );
  });
});

describe('expressions from a file', () => {
  it('are refused when they cannot be read or ask for more than an automaton gives', () => {
    for (const text of ['(', 'a)', '[a', '*a', 'a**', 'a{3,1}', '\\'])
      assert.deepEqual(refusals([rule('expression', text)]), ['syntax'], text);
    for (const text of ['(?!a)b', '(?<=a)b', String.raw`(a)\1`, String.raw`a\b`, '(?i)a', 'a*+'])
      assert.deepEqual(refusals([rule('expression', text)]), ['unsupported'], text);
  });
  it('take no more time for nested repetition', () => {
    const hostile = [String.raw`(.*)*(.*)*(.*)*!`, '((a+)+)+$', '(model|mode|m.*)*(.*a){20}!', `${'(.*'.repeat(200)}x${')*'.repeat(200)}!`];
    assert.deepEqual(named(hostile.map((text) => rule('expression', text))), { unnamed: 32 });
  });
  it('are refused when they are too large, and leave the others in force', () => {
    const rules = [
      rule('expression', '((a{500}){500}){500}', 'huge'),
      rule('expression', 'b'.repeat(5000), 'long'),
      rule('expression', '.*mlp'),
    ];
    const refused: string[] = [];
    const shares = nameRules(rules, (_text, problem) => refused.push(problem)).split(layers);
    assert.deepEqual(refused, ['too-large', 'too-long']);
    assert.deepEqual(shares, [{ copies: 32, outcome: 'kept' }]);
  });
  it('stop when their time is used up, and say so', () => {
    const rules = Array.from({ length: 300 }, (_, at) => rule('expression', `(.?.?.?.?.?.?.?.?){20}${at}!`));
    const wide = { name: 'model.layers.{n}.x.{n}.y.{n}.weight', indices: [10_000, 5, 5] };
    const problems = new Set(refusals(rules, wide as typeof layers));
    assert.ok(problems.has('too-large') || problems.has('too-slow') || problems.has('too-many-modules'));
  });
  it('bounds the numbers that it follows one by one', () => {
    const shares = nameRules([rule('name', 'model.layers.3')], () => undefined).split({ ...layers, indices: [2 ** 31 - 1] });
    assert.deepEqual(
      shares.find(({ outcome }) => outcome === 'kept'),
      { copies: 1, outcome: 'kept' },
    );
    assert.equal(
      shares.reduce((sum, { copies }) => sum + copies, 0),
      2 ** 31 - 1,
    );
  });
});
