import assert from 'node:assert/strict';
import { startHubServer } from '../../scripts/vscode/hubServer.mjs';
import { codeLens, openFile, openWorkbench, quickInput, runCommand, screenshot, statusBarItem } from '../../scripts/vscode/workbench.mjs';

describe('a model of the Hub, as a person opens it', () => {
  let hub, workbench, page;
  before(async () => {
    hub = await startHubServer();
    workbench = await openWorkbench({ host: 'node', settings: { 'vramLens.hub.endpoint': hub.endpoint } });
    page = workbench.page;
    await openFile(page, 'config.json'); // a file in the address would be opened by the reload
    await codeLens(page, 'Llama').waitFor({ timeout: 30_000 });
    await closeAll();
  });
  after(async () => {
    await workbench?.close();
    await hub?.close();
  });
  const closeAll = async () => {
    await page.keyboard.press('ControlOrMeta+K');
    await page.keyboard.press('W');
    await codeLens(page, 'Llama').waitFor({ state: 'detached' });
  };
  const seen = async () => (await fetch(`${hub.endpoint}/seen`)).json();
  const choose = async (text) => {
    await runCommand(page, 'VRAM Lens: Open a Model from the Hub…');
    await page.locator('.quick-input-title', { hasText: 'Open a model from' }).waitFor();
    await quickInput(page, text);
    return page.locator('.quick-input-list .monaco-list-row').first();
  };

  // the driver of the tests keeps notifications from popping up
  const notification = async (text) => {
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    if (!(await page.locator('.notifications-center').isVisible())) await runCommand(page, 'Notifications: Show Notifications');
    const message = page.locator('.notifications-center .notification-list-item', { hasText: text });
    await message.waitFor();
    return message;
  };

  it('what is typed is checked, not looked up', async () => {
    const before = (await seen()).length;
    const row = await choose('org/llama model');
    await row.filter({ hasText: 'A model is called org/model' }).waitFor();
    await page.keyboard.press('Enter');
    await screenshot(page, 'hub-wrong-name');
    assert.ok(await page.locator('.quick-input-widget').isVisible(), 'the list stays');
    await page.keyboard.press('Escape');
    assert.equal((await seen()).length, before, 'requests');
  });

  const openLlama = async () => {
    await closeAll();
    const row = await choose('org/llama');
    await row.filter({ hasText: 'fetch its config.json' }).waitFor();
    await page.keyboard.press('Enter');
    await codeLens(page, 'Llama · 8.03B').waitFor({ timeout: 30_000 });
  };

  it('it opens with its annotations, and cannot be typed into', async () => {
    await openLlama();
    await statusBarItem(page, 'GiB').waitFor();
    await screenshot(page, 'hub-open');
    await page.locator('.editor-instance .view-line', { hasText: 'architectures' }).first().click();
    await page.keyboard.type('x');
    await page.locator('.monaco-editor-overlaymessage', { hasText: 'read-only' }).waitFor();
  });

  it('after a reload its tab says what it is and asks for nothing; its link fetches it again', async () => {
    await openLlama();
    const before = (await seen()).length;
    await runCommand(page, 'Developer: Reload Window'); // which saves what is open, as a reload of the page may not
    const again = codeLens(page, 'Fetch org/llama again');
    await again.waitFor({ timeout: 60_000 });
    await page.locator('.editor-instance .view-line', { hasText: 'was fetched in an earlier session' }).first().waitFor();
    await screenshot(page, 'hub-restored');
    assert.equal((await seen()).length, before, 'requests');
    await again.click();
    await codeLens(page, 'Llama · 8.03B').waitFor({ timeout: 30_000 });
    assert.ok((await seen()).length > before, 'requests after the click');
  });

  it('a model that needs a token says so', async () => {
    await choose('org/gated');
    await page.keyboard.press('Enter');
    const message = await notification('org/gated is gated');
    await screenshot(page, 'hub-gated');
    assert.ok(await message.getByText('Set a Token…').isVisible());
    await message.getByText('Set a Token…').click();
    await page.locator('.quick-input-title', { hasText: 'Token for' }).waitFor();
    await quickInput(page, 'hf_of_a_test');
    await screenshot(page, 'hub-token');
    await page.keyboard.press('Enter');
    await notification('your token may not read it');
    assert.equal((await seen()).at(-1).token, 'Bearer hf_of_a_test');
  });

  it('a deleted token is sent no more', async () => {
    await runCommand(page, 'VRAM Lens: Delete the Token for the Hub');
    await statusBarItem(page, 'There is no token').waitFor();
    await choose('org/missing');
    await page.keyboard.press('Enter');
    await notification('or it is private');
    const last = (await seen()).at(-1);
    assert.deepEqual([last.path, last.token], ['/org/missing/resolve/main/config.json', undefined]);
  });
});
