import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import {
  codeLens,
  editorLine,
  openFile,
  openWorkbench,
  runCommand,
  screenshot,
  setTheme,
  storedEditors,
} from '../../scripts/vscode/workbench.mjs';
import { root } from '../../scripts/support/paths.mjs';
import { themes } from '../../scripts/vscode/settings.mjs';
import { accessibilityProblems, openPanel, panelFrame, setSideBarWidth, sideBar, textOf, until, workspace } from './panelSupport.mjs';

const chinese = JSON.parse(fs.readFileSync(path.join(root, 'package.nls.zh-cn.json'), 'utf8'));

for (const host of ['node', 'web']) {
  describe(`panel, ${host} extension host`, () => {
    let folder, workbench, page, frame;
    before(async () => {
      folder = workspace(['Llama-3.1-8B', 'DeepSeek-V3', 'Qwen3-30B-A3B']);
      workbench = await openPanel({ host, folder, file: 'Llama-3.1-8B/config.json', viewport: { width: 1100, height: 1000 } });
      ({ page, frame } = workbench);
      await setSideBarWidth(page, sideBar);
    });
    after(async () => {
      await workbench?.close();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    /** Drags the context to the model's limit, which its memory does not hold at 16 bits. */
    const longest = async () => {
      await frame.locator('#context-slider').focus();
      await page.keyboard.press('End');
    };

    it('tells the parameters in full, and what they stand on', async () => {
      assert.match(await textOf(frame.locator('.parameters')), /^8,030,261,248 parameters · exact/);
      assert.equal(await textOf(frame.locator('.file')), 'Llama-3.1-8B/config.json');
    });

    it('does not scroll sideways at the width of a side bar', async () => {
      const [inner, scrolled] = await frame.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(inner <= sideBar && scrolled <= inner, `${scrolled} in ${inner}`);
    });

    it('opens the formula of a figure from the keyboard, and closes it', async () => {
      const button = frame.locator('[data-key="segment-cache"]');
      await button.focus();
      await button.press('Enter');
      assert.equal(await button.getAttribute('aria-expanded'), 'true');
      assert.match(await textOf(frame.locator('#d-segment-cache')), /32 layers × 8 KV heads × 256 × 2 B × 8,192 tokens/);
      await button.press('Enter');
      assert.equal(await frame.locator('#d-segment-cache').isVisible(), false);
    });

    it('recomputes while the context is dragged, and writes it when it rests', async () => {
      const before = await textOf(frame.locator('[data-key="segment-cache"]'));
      await longest();
      const after = await until(
        () => textOf(frame.locator('[data-key="segment-cache"]')),
        (text) => text !== before,
        'the cache',
      );
      assert.equal(after, '16.00 GiB');
      assert.match(await textOf(frame.locator('.verdict-word')), /does not fit/);
      if (host === 'node') {
        const file = path.join(folder, '.vscode', 'settings.json');
        const read = () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
        await until(read, (text) => /"vramLens.context": 131072/.test(text), 'settings.json');
      }
      await codeLens(page, 'Llama').waitFor();
      await screenshot(page, `${host}-panel-over`);
    });

    it('offers changes that make it fit, and does them with one click', async () => {
      await longest();
      const remedy = frame.locator('vscode-button', { hasText: 'AWQ INT4 g128' });
      const promised = await textOf(frame.locator('.remedies li', { has: remedy }).locator('.quiet'));
      await remedy.click();
      await until(
        () => textOf(frame.locator('.verdict-word')),
        (text) => /^fits/.test(text),
        'the verdict',
      );
      assert.equal(await textOf(frame.locator('[data-key="total"]')), promised);
      assert.equal(await frame.locator('.precisions tr.chosen .row-name').innerText(), 'AWQ INT4 g128');
    });

    it('takes another device from the catalogue, and the same from the target list', async () => {
      await frame.locator('#device').selectOption({ value: 'device:RTX 3060 12GB' });
      await until(
        () => textOf(frame.locator('.where')),
        (text) => text === 'RTX 3060 12GB',
        'the device',
      );
      await frame.locator('#device').selectOption({ value: 'device:RTX 4090' });
      await until(
        () => textOf(frame.locator('.where')),
        (text) => text === 'RTX 4090',
        'the device',
      );
    });

    it('takes a context that is typed, and puts back what is no number', async () => {
      const field = frame.locator('#context input');
      await field.fill('8k');
      await field.press('Enter');
      await until(
        () => textOf(frame.locator('[data-key="segment-cache"]')),
        (text) => text === '1.00 GiB',
        'the cache',
      );
      await field.fill('many');
      await field.press('Enter');
      await until(
        () => field.inputValue(),
        (text) => text === '8,192',
        'the field',
      );
    });

    it('chooses a precision in the dropdown', async () => {
      await frame.locator('#precision').click();
      await frame.locator('#precision vscode-option', { hasText: 'BF16' }).click();
      await until(
        () => textOf(frame.locator('[data-key="segment-weights"]')),
        (text) => text === '14.96 GiB',
        'the weights',
      );
    });

    it('keeps its figures, marked, while the JSON is broken', async () => {
      await editorLine(page, 'hidden_size').click();
      await page.keyboard.press('End');
      await page.keyboard.type(' "');
      await frame.locator('.stale').waitFor();
      assert.match(await textOf(frame.locator('.parameters')), /^8,030,261,248/);
      assert.ok((await frame.locator('.finding.error').count()) > 0);
      await codeLens(page, '(before edit)').waitFor();
      await page.keyboard.press('Escape'); // VS Code's own suggestions would lie over the hints
      await screenshot(page, `${host}-panel-stale`);
      await page.keyboard.press('ControlOrMeta+Z');
      await page.keyboard.press('ControlOrMeta+Z');
      await frame.locator('.stale').waitFor({ state: 'detached' });
    });

    it('follows the active editor, stays with the last config, and keeps a pinned one', async () => {
      const name = () => textOf(frame.locator('#header .selected-value, #header .file'));
      await openFile(page, 'DeepSeek-V3/config.json');
      await until(
        () => textOf(frame.locator('h1')),
        (text) => text === 'DeepSeek-V3',
        'the title',
      );
      await openFile(page, 'other.json');
      await editorLine(page, 'a service').waitFor();
      assert.match(await name(), /DeepSeek-V3/);
      await frame.locator('[data-key="pin"]').click();
      await until(
        () => frame.locator('[data-key="pin"]').getAttribute('aria-pressed'),
        (pressed) => pressed === 'true',
        'the pin',
      );
      await openFile(page, 'Llama-3.1-8B/config.json');
      await page.waitForTimeout(500);
      assert.equal(await textOf(frame.locator('h1')), 'DeepSeek-V3');
      await frame.locator('[data-key="pin"]').click();
      await until(
        () => textOf(frame.locator('h1')),
        (text) => text === 'Llama',
        'the title',
      );
    });

    it('comes back as it was after it was hidden', async () => {
      await frame.locator('[data-key="wall-compute"]').click();
      await runCommand(page, 'View: Show Explorer');
      await frame
        .locator('.page')
        .waitFor({ state: 'detached' })
        .catch(() => undefined);
      await runCommand(page, 'VRAM Lens: Open the Panel');
      frame = await panelFrame(page);
      await frame.locator('#d-wall-compute').waitFor();
    });

    it('is accessible and legible in every kind of theme', async () => {
      await longest();
      await frame.locator('.remedies').waitFor();
      await frame.locator('[data-key="row-awq-int4-g128"]').click();
      const problems = [];
      for (const theme of Object.keys(themes)) {
        await setTheme(page, theme);
        await page.waitForTimeout(300);
        problems.push(...(await accessibilityProblems(frame)).map((problem) => `${theme}: ${problem}`));
        await screenshot(page, `${host}-panel-${theme}`);
      }
      assert.deepEqual(problems, []);
    });

    it('breaks no rule of its security policy', () => assert.deepEqual(workbench.refusals, []));
  });
}

describe('panel as an editor tab', () => {
  let folder, workbench, page;
  before(async () => {
    folder = workspace(['Qwen3-30B-A3B'], { 'vramLens.targets': ['RTX 409', { device: 'H100 SXM 80GB', count: 2 }, 'RTX 4090'] });
    workbench = await openWorkbench({ host: 'node', folder, file: 'Qwen3-30B-A3B/config.json', viewport: { width: 2400, height: 1300 } });
    page = workbench.page;
    await editorLine(page, 'model_type').waitFor();
    await runCommand(page, 'VRAM Lens: Open the Panel as an Editor Tab');
  });
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('puts the table beside the bar and shows every target', async () => {
    const frame = await panelFrame(page);
    const bar = await frame.locator('.memory-bar').boundingBox();
    const table = await frame.locator('.precisions').boundingBox();
    assert.ok(table.x > bar.x + bar.width, 'side by side');
    const head = await textOf(frame.locator('.precisions thead'));
    assert.match(head, /2 × H100 SXM 80GB/);
    assert.match(head, /RTX 4090/);
    assert.deepEqual(await accessibilityProblems(frame, '--vscode-editor-background'), []);
    await screenshot(page, 'panel-tab');
  });

  it('is there again after the window was reloaded', async () => {
    await until(
      () => storedEditors(page),
      (stored) => stored.includes('config.json') && stored.includes('vramLens'),
      'VS Code to write down both editors',
    );
    // A file that is to be opened takes the place of the editors that were.
    const url = new URL(page.url());
    const payload = JSON.parse(url.searchParams.get('payload')).filter(([key]) => key !== 'openFile');
    url.searchParams.set('payload', JSON.stringify(payload));
    await page.goto(url.toString());
    await editorLine(page, 'model_type').waitFor();
    const frame = await panelFrame(page);
    await until(
      () => textOf(frame.locator('h1')),
      (text) => text === 'Qwen3 MoE',
      'the title',
    );
    assert.equal(await page.locator('.tab', { hasText: 'VRAM Lens' }).count(), 1);
  });

  it('says which target names no device, and takes what was meant', async () => {
    const frame = await panelFrame(page);
    assert.match(await textOf(frame.locator('#notices')), /No device is called "RTX 409"/);
    await frame.locator('#notices .link', { hasText: 'RTX 4090' }).click();
    await until(
      () => frame.locator('#notices').isVisible(),
      (visible) => !visible,
      'the notice',
    );
  });
});

describe('panel without a model', () => {
  let folder, workbench, page;
  before(async () => {
    folder = workspace(['Llama-3.1-8B']);
    workbench = await openWorkbench({ host: 'node', folder, file: 'other.json' });
    page = workbench.page;
  });
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('says so and offers a sample', async () => {
    await editorLine(page, 'a service').waitFor();
    await runCommand(page, 'VRAM Lens: Open the Panel');
    const frame = await panelFrame(page);
    assert.equal(await textOf(frame.locator('h1')), 'No model config is open');
    assert.deepEqual(await accessibilityProblems(frame), []);
    await screenshot(page, 'panel-empty');
    await frame.locator('#empty vscode-button').click();
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Mixtral-8x7B' }).first().click();
    await until(
      () => textOf(frame.locator('h1')),
      (text) => text === 'Mixtral',
      'the title',
    );
  });
});

describe('panel in Chinese', () => {
  let folder, workbench;
  after(async () => {
    await workbench?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('speaks it everywhere', async () => {
    folder = workspace(['Qwen3-30B-A3B']);
    const command = `VRAM Lens: ${chinese['command.openPanel']}`;
    workbench = await openPanel({ host: 'node', folder, file: 'Qwen3-30B-A3B/config.json', locale: 'zh-cn', command });
    const text = await textOf(workbench.frame.locator('.page'));
    assert.match(text, /参数/);
    for (const word of ['weights', 'Memory', 'Longest', 'Precision', 'Why', 'tokens'])
      assert.doesNotMatch(text, new RegExp(`\\b${word}\\b`), word);
    await screenshot(workbench.page, 'panel-zh-cn');
  });
});
