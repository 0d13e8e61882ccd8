import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { editorLine, openFile, openWorkbench, runCommand, screenshot, setTheme, webviewFrame } from '../../scripts/vscode/workbench.mjs';
import { themes } from '../../scripts/vscode/settings.mjs';
import { accessibilityProblems, openPanel, panelFrame, setSideBarWidth, sideBar, textOf, until, workspace } from './panelSupport.mjs';

const scrollTo = (frame, selector) => frame.locator(selector).evaluate((element) => element.scrollIntoView({ block: 'start' }));

describe('panel: all presets, and a quantization that is tried', () => {
  let folder, workbench, page, frame;
  before(async () => {
    folder = workspace(['Llama-3.1-8B']);
    // Rows that groups of 128 do not divide.
    const file = path.join(folder, 'Llama-3.1-8B', 'config.json');
    const odd = path.join(folder, 'odd');
    fs.mkdirSync(odd);
    fs.writeFileSync(path.join(odd, 'config.json'), fs.readFileSync(file, 'utf8').replace('14336', '14400'));
    workbench = await openPanel({ host: 'node', folder, file: 'Llama-3.1-8B/config.json', viewport: { width: 1100, height: 1000 } });
    ({ page, frame } = workbench);
    await setSideBarWidth(page, sideBar);
  });
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const rows = () => frame.locator('.precisions tbody tr:not(.details)');
  const outcome = () => frame.locator('[data-key="trial-after"]');
  const narrowEnough = async () => {
    const [inner, scrolled] = await frame.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
    assert.ok(scrolled <= inner, `${scrolled} in ${inner}`);
  };

  const isShown = async (locator) => (await locator.count()) > 0;
  const setAll = async (shown) => {
    const end = frame.locator('.list-end');
    if ((await isShown(end)) === shown) return;
    await frame.locator('#list-toggle').focus();
    await page.keyboard.press('Enter');
    await end.waitFor({ state: shown ? 'attached' : 'detached' });
  };
  /** A trial of Llama under AWQ with the output head quantized too. */
  const tryHead = async () => {
    await openFile(page, 'Llama-3.1-8B/config.json');
    await until(
      () => textOf(frame.locator('.parameters')),
      (text) => /^8,030,261,248/.test(text),
      'the model',
    );
    await setAll(true);
    await frame.locator('#list-search input').fill('awq int4 g128');
    const details = frame.locator('#d-row-awq-int4-g128');
    if (!(await isShown(details)) || !(await details.isVisible())) await frame.locator('[data-key="row-awq-int4-g128"]').click();
    await details.waitFor();
    await frame.locator('[data-key="try-awq-int4-g128"]').click();
    await until(
      async () => ((await isShown(outcome())) ? textOf(outcome()) : ''),
      (text) => text === '5.33 GiB',
      'the trial',
    );
    await frame.locator('[data-key="trial-part-head"]').focus();
    await page.keyboard.press('Space');
    await until(
      () => textOf(outcome()),
      (text) => text === '4.61 GiB',
      'the head',
    );
  };

  it('lists the presets of the settings until all are asked for', async () => {
    await setAll(false);
    assert.ok((await rows().count()) < 10);
    await setAll(true);
    assert.match(await textOf(frame.locator('.list-end')), /^25 of \d{3} shown/);
    assert.equal(await rows().count(), 25);
    assert.match(await textOf(rows().first()), /this file/);
    await narrowEnough();
  });

  it('narrows them down while a search is typed', async () => {
    await setAll(true);
    const field = frame.locator('#list-search input');
    await field.click();
    await page.keyboard.type('gptq int4');
    await until(
      () => textOf(frame.locator('.list-end')),
      (text) => /^8 of 8 shown$/.test(text),
      'the search',
    );
    assert.equal(await field.inputValue(), 'gptq int4');
    assert.equal(await frame.evaluate(() => document.activeElement?.id), 'list-search');
    await field.fill('');
    await frame.locator('#list-format').selectOption('GGUF');
    await frame.locator('#list-bits').selectOption('4');
    await until(
      () => textOf(rows().first()),
      (text) => /GGUF/.test(text),
      'the format',
    );
    await scrollTo(frame, '#smaller');
    await screenshot(page, 'panel-presets-narrow');
    await frame.locator('#list-format').selectOption('');
    await frame.locator('#list-bits').selectOption('0');
  });

  it('holds them to what fits the device, and brings more', async () => {
    await setAll(true);
    await frame.locator('#list-fits').check();
    await until(
      () => frame.locator('.precisions .icon-cross').count(),
      (count) => count === 0,
      'what does not fit',
    );
    await frame.locator('[data-key="list-more"]').focus();
    await page.keyboard.press('Enter');
    await until(
      () => rows().count(),
      (count) => count === 50,
      'the second page',
    );
    assert.equal(await frame.evaluate(() => document.activeElement?.dataset.key), 'list-more');
  });

  it('opens what a preset is and needs, and tries it', async () => {
    await setAll(true);
    await frame.locator('#list-search input').fill('awq int4 g128');
    await frame.locator('[data-key="row-awq-int4-g128"]').click();
    assert.match(await textOf(frame.locator('#d-row-awq-int4-g128')), /kernels|NVIDIA from Turing \(7\.5\) on/);
    await frame.locator('[data-key="try-awq-int4-g128"]').click();
    await outcome().waitFor();
    assert.equal(await textOf(outcome()), '5.33 GiB');
    assert.equal(await frame.locator('#trial-preset').inputValue(), 'awq-int4-g128');
  });

  it('says the effect of each change, by keyboard alone', async () => {
    await tryHead();
    assert.equal(await frame.evaluate(() => document.activeElement?.dataset.key), 'trial-part-head');
    await frame.locator('#trial-first').fill('2');
    await page.keyboard.press('Tab');
    const text = await until(
      () => textOf(frame.locator('.trial-sum')),
      (sum) => /by rule/.test(sum) && !/4\.61/.test(sum),
      'the layers',
    );
    assert.match(text, /14\.96 GiB → \d\.\d\d GiB .*against AWQ INT4 g128/);
    assert.match(await textOf(frame.locator('.components tr', { hasText: 'head' })), /1,002 MiB 16\.00 bits 260\.3 MiB 4\.16 bits/);
    await narrowEnough();
  });

  it('is accessible and legible in every kind of theme', async () => {
    await tryHead();
    await scrollTo(frame, '#whatIf');
    const problems = [];
    for (const theme of Object.keys(themes)) {
      await setTheme(page, theme);
      await page.waitForTimeout(300);
      problems.push(...(await accessibilityProblems(frame)).map((problem) => `${theme}: ${problem}`));
      await scrollTo(frame, '#whatIf');
      await screenshot(page, `panel-what-if-${theme}`);
    }
    await setTheme(page, 'light');
    assert.deepEqual(problems, []);
  });

  it('opens the report', async () => {
    await tryHead();
    await frame.locator('[data-key="trial-report"]').click();
    const report = await webviewFrame(page, (each) => each.locator('h1', { hasText: 'AWQ INT4 g128' }));
    await report.locator('li', { hasText: 'Quantized as well: head' }).waitFor();
    await runCommand(page, 'View: Close Editor');
    await runCommand(page, 'View: Revert and Close Editor');
  });

  it('is kept while the panel is hidden', async () => {
    await tryHead();
    await frame.locator('#trial-first').fill('2');
    await page.keyboard.press('Tab');
    await until(
      () => textOf(outcome()),
      (text) => text !== '4.61 GiB',
      'the layers',
    );
    await runCommand(page, 'View: Show Explorer');
    await frame
      .locator('.page')
      .waitFor({ state: 'detached' })
      .catch(() => undefined);
    await runCommand(page, 'VRAM Lens: Open the Panel');
    frame = await panelFrame(page);
    await outcome().waitFor();
    assert.equal(await frame.locator('[data-key="trial-part-head"]').isChecked(), true);
    assert.equal(await frame.locator('#trial-first').inputValue(), '2');
  });

  it('refuses in place what cannot be, with the reason', async () => {
    await tryHead();
    await openFile(page, 'odd/config.json');
    const refusals = frame.locator('.refusals');
    await refusals.waitFor();
    assert.match(await textOf(refusals), /Groups of 128 do not divide the 14,400 columns/);
    assert.match(await textOf(outcome()), /GiB$/);
    const group = frame.locator('#trial-group');
    assert.match(await textOf(group.locator('option:checked')), /^✗ 128/);
    await scrollTo(frame, '#whatIf');
    await screenshot(page, 'panel-what-if-refused');
    await group.selectOption('awq-int4-g64');
    await until(
      () => refusals.count(),
      async () => !/Groups of/.test((await refusals.count()) > 0 ? await textOf(refusals) : ''),
      'the refusal',
    );
  });

  it('goes away', async () => {
    await tryHead();
    await frame.locator('[data-key="trial-close"]').click();
    await frame.locator('[data-key="try-begin"]').waitFor();
    await setAll(false);
    assert.ok((await rows().count()) < 10);
  });
});

describe('panel: presets and a trial in a wide tab', () => {
  let folder, workbench, page;
  before(async () => {
    folder = workspace(['Qwen3-30B-A3B'], { 'vramLens.targets': ['RTX 4090', { device: 'H100 SXM 80GB', count: 2 }] });
    workbench = await openWorkbench({ host: 'node', folder, file: 'Qwen3-30B-A3B/config.json', viewport: { width: 2400, height: 1300 } });
    page = workbench.page;
    await editorLine(page, 'model_type').waitFor();
    await runCommand(page, 'VRAM Lens: Open the Panel as an Editor Tab');
  });
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('shows the preset between the file and the change', async () => {
    const frame = await panelFrame(page);
    await frame.locator('[data-key="try-begin"]').click();
    await frame.locator('[data-key="trial-part-experts"]').waitFor();
    await frame.locator('[data-key="trial-part-attention"]').uncheck();
    await until(
      () => frame.locator('.components thead th').count(),
      (count) => count === 6,
      'columns',
    );
    assert.equal(await frame.locator('.components thead th.wide').first().isVisible(), true);
    await frame.locator('#list-toggle').click();
    await frame.locator('.list-end').waitFor();
    await screenshot(page, 'panel-tab-presets');
    const [section, table] = [await frame.locator('#smaller').boundingBox(), await frame.locator('.precisions').boundingBox()];
    assert.ok(table.x + table.width <= section.x + section.width + 1, `${table.width} in ${section.width}`);
    await scrollTo(frame, '#whatIf');
    await screenshot(page, 'panel-tab-what-if');
    assert.deepEqual(await accessibilityProblems(frame, '--vscode-editor-background'), []);
  });
});
