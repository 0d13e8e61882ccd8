import assert from 'node:assert/strict';
import { reasonText, shortReason } from '../../../src/shared/text/reasons';
import { basisText } from '../../../src/shared/text/report';
import { argumentsOf, membersOf, valuesOf } from './engineCodes';
import { inChinese, inEnglish, languages } from './support';

/** `rule('…')` and `approximate('…')` make a basis, too. */
const reasons = [...new Set([...valuesOf('reasons'), ...argumentsOf('approximate'), ...argumentsOf('rule'), ...membersOf('FitReason')])];

describe('reasons of a basis', () => {
  it('are found in every form that the engine writes them in', () => {
    for (const one of ['width-kept', 'unknown-part', 'modelopt-layout', 'within-band']) assert.ok(reasons.includes(one), one);
  });

  for (const { name, t } of languages)
    it(`have a sentence and a short form each (${name})`, () => {
      for (const reason of reasons) {
        assert.match(reasonText(reason, t), /^\S.*\s?.*[.。]$/u, reason);
        assert.notEqual(shortReason(reason, t), reason);
        assert.doesNotMatch(shortReason(reason, t), /[.。]$/u, reason);
      }
    });

  it('stay visible as codes when they have none', () => {
    assert.equal(reasonText('constructor', inEnglish.t), 'constructor');
    assert.equal(shortReason('something-new', inEnglish.t), 'something-new');
  });

  it('follow the kind of basis in few words', () => {
    const basis = { kind: 'rule', reasons: ['width-kept', 'scale-dtype-by-publisher'] } as const;
    assert.equal(basisText(basis, inEnglish.t), 'by rule (some layers not quantized · type of the scales by publisher)');
    assert.equal(basisText(basis, inChinese.t), '按规则（部分层未量化 · 缩放因子类型依发布者而定）');
    assert.equal(basisText({ kind: 'exact', reasons: [] }, inEnglish.t), 'exact');
  });
});
