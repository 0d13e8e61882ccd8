import assert from 'node:assert/strict';
import fs from 'node:fs';
import { codeLens, screenshot } from '../../scripts/vscode/workbench.mjs';
import { accessibilityProblems, openPanel, setSideBarWidth, sideBar, textOf, workspace } from './panelSupport.mjs';

const GiB = 2 ** 30;
const profile = {
  profile: 1,
  device: 'RTX 4090',
  engine: 'vllm',
  version: '0.19.0',
  ranks: 1,
  memory: 22 * GiB,
  nonTorch: { bytes: GiB / 2, half: 0 },
  graphs: null,
  log: 'vllm.log',
  date: '2026-03-01',
};

for (const host of ['node', 'web']) {
  describe(`what a log measured here, ${host} extension host`, () => {
    let folder, workbench, page, frame;
    before(async () => {
      folder = workspace(['Llama-3.1-8B'], {
        'vramLens.targets': [{ device: 'RTX 4090', count: 1 }],
        'vramLens.engine': 'vllm',
        'vramLens.engineVersion': '0.19.0',
        'vramLens.deviceProfiles': [profile],
      });
      workbench = await openPanel({ host, folder, file: 'Llama-3.1-8B/config.json', viewport: { width: 1100, height: 1400 } });
      ({ page, frame } = workbench);
      await setSideBarWidth(page, sideBar);
    });
    after(async () => {
      await workbench?.close();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    it('is said beside every figure that follows it, and by which log', async () => {
      await codeLens(page, 'vLLM on RTX 4090 (measured here): ').waitFor();
      const mark = frame.locator('[data-key="memory-measured"]');
      assert.equal(await textOf(mark), 'measured here');
      await mark.click();
      assert.match(
        await textOf(frame.locator('#d-memory-measured')),
        /22\.00 GiB usable.*vLLM 0\.19\.0 on one device \(vllm\.log, checked on/,
      );
      assert.match(await textOf(frame.locator('#memory .reach')), /by memory.*measured here/);
      assert.match(await textOf(frame.locator('#smaller thead')), /RTX 4090 \(measured here\)/);
      await screenshot(page, `${host}-panel-measured`);
      await frame.locator('#engine').scrollIntoViewIfNeeded();
      assert.match(await textOf(frame.locator('#engine .refusals')), /usable memory, non-torch/);
      const rows = await frame.locator('.engines tbody tr:not(.details)').allInnerTexts();
      for (const name of ['vLLM', 'SGLang'])
        assert.ok(
          rows.some((row) => row.startsWith(name) && row.includes('measured here')),
          name,
        );
      // What llama.cpp allocates does not depend on what is there.
      assert.ok(rows.some((row) => row.startsWith('llama.cpp') && !row.includes('measured here')));
      await screenshot(page, `${host}-panel-measured-engine`);
    });

    it('breaks no rule of accessibility', async () => assert.deepEqual(await accessibilityProblems(frame), []));

    it('goes from every surface when its profile is removed', async () => {
      await frame.locator('[data-key="memory-measured-manage"]').click();
      await page.locator('.quick-input-list', { hasText: '22.00 GiB usable' }).waitFor();
      await screenshot(page, `${host}-device-profiles`);
      await page.keyboard.press('Enter');
      await codeLens(page, 'vLLM on RTX 4090: ').waitFor();
      await frame.locator('[data-key="memory-measured"]').waitFor({ state: 'detached' });
      assert.doesNotMatch(await textOf(frame.locator('.page')), /measured here/);
    });

    it('leaves groups of any size to be tried beside', async () => {
      await frame.locator('[data-key="try-begin"]').click();
      await frame.locator('#trial-preset').selectOption('awq-int4-g128');
      const size = frame.locator('#trial-group-size');
      await size.fill('256');
      await size.press('Enter');
      await frame.locator('#whatIf .refusals', { hasText: 'reads groups of 32, 64, 128' }).waitFor();
      assert.match(await textOf(frame.locator('#trial-group option:checked')), /^✗? ?256 · /);
      assert.equal(await textOf(frame.locator('#trial-preset option:checked')), 'AWQ INT4 g256');
      await frame.locator('#whatIf').scrollIntoViewIfNeeded();
      await screenshot(page, `${host}-panel-group-size`);
    });
  });
}
