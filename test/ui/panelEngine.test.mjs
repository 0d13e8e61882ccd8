import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { codeLens, runCommand, screenshot, setTheme } from '../../scripts/vscode/workbench.mjs';
import { root } from '../../scripts/support/paths.mjs';
import { themes } from '../../scripts/vscode/settings.mjs';
import { accessibilityProblems, openPanel, setSideBarWidth, sideBar, textOf, until, workspace } from './panelSupport.mjs';

const chinese = JSON.parse(fs.readFileSync(path.join(root, 'package.nls.zh-cn.json'), 'utf8'));
const target = [{ device: 'RTX 4090', count: 1 }];

for (const host of ['node', 'web']) {
  describe(`serving engines in the panel, ${host} extension host`, () => {
    let folder, workbench, page, frame;
    before(async () => {
      folder = workspace(['Llama-3.1-8B'], { 'vramLens.targets': target });
      workbench = await openPanel({ host, folder, file: 'Llama-3.1-8B/config.json', viewport: { width: 1100, height: 1400 } });
      ({ page, frame } = workbench);
      await setSideBarWidth(page, sideBar);
    });
    after(async () => {
      await workbench?.close();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    it('stand side by side while none is chosen, each with what sets it apart', async () => {
      await frame.locator('.engines').waitFor();
      const names = await frame.locator('.engines tbody th .row-name').allInnerTexts();
      for (const name of ['vLLM', 'SGLang', 'llama.cpp', 'Ollama', 'LM Studio'])
        assert.ok(
          names.some((text) => text.includes(name)),
          `${name} in ${names.join(', ')}`,
        );
      await frame.locator('[data-key="engine-vllm"]').click();
      assert.match(await textOf(frame.locator('#d-engine-vllm')), /set share of the device/);
      await frame.locator('#engine').scrollIntoViewIfNeeded();
      await screenshot(page, `${host}-panel-engines`);
    });

    it('are chosen in one click, and every surface follows', async () => {
      await frame.locator('[data-key="use-engine-vllm"]').click();
      await frame.locator('.terms').waitFor();
      const terms = await frame.locator('.terms tbody th code').allInnerTexts();
      assert.deepEqual(terms, ['model-weights', 'peak-activation', 'request-state', 'non-torch', 'cuda-graphs', 'kv-cache']);
      await codeLens(page, 'vLLM on RTX 4090: ').waitFor();
      assert.match(await page.locator('#vramLens\\.status, [id$="vramLens.status"]').first().innerText(), /vLLM/);
      await frame.locator('#engine').scrollIntoViewIfNeeded();
      await screenshot(page, `${host}-panel-engine`);
    });

    it('open each term to its formula, from the keyboard', async () => {
      const button = frame.locator('[data-key="term-kv-cache"]');
      await button.focus();
      await button.press('Enter');
      const text = await textOf(frame.locator('[id="d-term-kv-cache"]'));
      assert.match(text, /gpu-memory-utilization = 0\.92/);
      assert.match(text, /− 14\.99 GiB model-weights/);
      assert.match(text, /gpu_worker\.py/);
      await screenshot(page, `${host}-panel-engine-term`);
    });

    it('does not scroll sideways at the width of a side bar', async () => {
      const [inner, scrolled] = await frame.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(inner <= sideBar && scrolled <= inner, `${scrolled} in ${inner}`);
    });

    if (host === 'node')
      it('are chosen with version and flags in a pick list, and a flag that is none is said at once', async () => {
        await runCommand(page, 'VRAM Lens: Choose Serving Engine');
        const list = page.locator('.quick-input-list .monaco-list-row');
        const input = page.locator('.quick-input-box input');
        // By the keyboard: what a row says of itself while the pointer rests on it lies over the next ones.
        const pick = async (text) => {
          await list.filter({ hasText: text }).first().waitFor();
          await input.fill(text);
          await list.first().filter({ hasText: text }).waitFor();
          await input.press('Enter');
        };
        await list.filter({ hasText: 'vLLM' }).first().waitFor();
        await screenshot(page, 'choose-engine');
        await pick('vLLM');
        await list.filter({ hasText: 'the newest that is known' }).first().waitFor();
        await input.press('Enter');
        await list.filter({ hasText: 'gpu-memory-utilization' }).first().waitFor();
        await screenshot(page, 'choose-engine-flags');
        await pick('gpu-memory-utilization');
        await list.first().waitFor({ state: 'hidden' });
        await input.fill('2');
        await page.locator('.quick-input-message', { hasText: 'a number from 0 to 1' }).waitFor();
        await input.fill('0.8');
        await input.press('Enter');
        await pick('Done');
        await frame.locator('.engine-flags', { hasText: 'gpu-memory-utilization 0.8' }).waitFor();
        const file = path.join(folder, '.vscode', 'settings.json');
        await until(
          () => fs.readFileSync(file, 'utf8'),
          (text) => /"gpu-memory-utilization": 0\.8/.test(text),
          'settings.json',
        );
      });

    it('show what training takes, a row for each way, and what each saves', async () => {
      await frame.locator('[data-key="training-begin"]').click();
      await frame.locator('table.training').waitFor();
      const rows = frame.locator('table.training tbody tr:not(.group):not(.details)');
      await until(
        () => rows.count(),
        (count) => count === 21,
        'all rows',
      );
      assert.match(await textOf(rows.filter({ hasText: 'stage 3: parameters too' })), /−\d/);
      await frame.locator('[data-key="training-full"]').click();
      assert.match(await textOf(frame.locator('[id="d-training-full"]')), /optimizer/);
      await frame.locator('#training').scrollIntoViewIfNeeded();
      await screenshot(page, `${host}-panel-training`);
      const shared = rows.filter({ hasText: 'tensor parallel' }).first();
      await shared.waitFor();
      await shared.scrollIntoViewIfNeeded();
      await screenshot(page, `${host}-panel-training-shared`);
      const before = await textOf(frame.locator('[data-key="training-full"]'));
      await frame.locator('#training-tokens').fill('1k');
      await frame.locator('#training-tokens').press('Enter');
      await until(
        () => textOf(frame.locator('[data-key="training-full"]')),
        (text) => text !== before,
        'the peak',
      );
    });

    it('are accessible and legible in every kind of theme', async () => {
      await frame.locator('[data-key="engine-flags"]').click();
      const problems = [];
      for (const theme of Object.keys(themes)) {
        await setTheme(page, theme);
        await page.waitForTimeout(300);
        problems.push(...(await accessibilityProblems(frame)).map((problem) => `${theme}: ${problem}`));
        if (host === 'node') await screenshot(page, `panel-engine-${theme}`);
      }
      assert.deepEqual(problems, []);
    });

    it('breaks no rule of the security policy', () => assert.deepEqual(workbench.refusals, []));
  });
}

describe('serving engine with settings that cannot be used', () => {
  let folder, workbench;
  before(async () => {
    folder = workspace(['Llama-3.1-8B'], {
      'vramLens.targets': target,
      'vramLens.engine': 'vllm',
      'vramLens.engineOptions': { 'max-model-length': 8192 },
    });
    workbench = await openPanel({ host: 'node', folder, file: 'Llama-3.1-8B/config.json' });
  });
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('is said where the figures would stand', async () => {
    const { frame, page } = workbench;
    await frame.locator('#notices', { hasText: 'vLLM has no flag "max-model-length"' }).waitFor();
    await codeLens(page, 'vLLM: its settings are wrong').waitFor();
    assert.equal(await frame.locator('.terms').count(), 0);
  });
});

describe('serving engine as an editor tab, in Chinese', () => {
  let folder, workbench;
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('has room for every column, and speaks Chinese', async () => {
    folder = workspace(['Qwen3-30B-A3B'], { 'vramLens.targets': [{ device: 'H100 SXM 80GB', count: 2 }], 'vramLens.engine': 'sglang' });
    const command = `VRAM Lens: ${chinese['command.openPanelEditor']}`;
    workbench = await openPanel({
      host: 'node',
      folder,
      file: 'Qwen3-30B-A3B/config.json',
      locale: 'zh-cn',
      command,
      viewport: { width: 2400, height: 1800 },
    });
    const { frame, page } = workbench;
    await frame.locator('[data-key="training-begin"]').click();
    await frame.locator('table.training').waitFor();
    // Names of terms, flags and versions are the engine's own.
    const text = await frame.locator('#engine').evaluate((section) => {
      const copy = section.cloneNode(true);
      for (const own of copy.querySelectorAll('code, pre')) own.remove();
      return copy.textContent;
    });
    for (const word of ['weights', 'Memory', 'Longest', 'starts', 'Total', 'tokens', 'median'])
      assert.doesNotMatch(text, new RegExp(`(?<![-\\w])${word}(?![-\\w])`), word);
    assert.deepEqual(await accessibilityProblems(frame, '--vscode-editor-background'), []);
    await screenshot(page, 'panel-engine-tab-zh-cn');
  });
});
