/** The page's entry: says that it listens, and draws what it is sent. */
import { readToPanel } from '../../src/shared/panel/messages';
import type { PanelContent } from '../../src/shared/panel/snapshot';
import { defineElements } from '../toolkit';
import { openKeys, restoreOpen } from './disclosure';
import { loadState, saveState, send } from './host';
import { createPage, type Page } from './page';
import { useTexts } from './texts';

const scrollSettles = 200;

defineElements();

const root = document.getElementById('panel');
const state = loadState();
let page: Page | undefined;
let revision = 0;
let scrollTimer: ReturnType<typeof setTimeout> | undefined;
let scrollTo = state.scroll;

let shown = state.document;

const save = (): void => saveState({ open: openKeys(), scroll: window.scrollY, ...(shown === undefined ? {} : { document: shown }) });
restoreOpen(state.open, save);
window.addEventListener('scroll', () => {
  clearTimeout(scrollTimer);
  scrollTimer = setTimeout(save, scrollSettles);
});

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = readToPanel(event.data);
  if (!message) return;
  switch (message.type) {
    case 'init':
      useTexts(message.messages, message.style);
      page = createPage(message.place);
      revision = 0;
      break;
    case 'snapshot':
      if (!page || message.snapshot.revision <= revision) return;
      page.update(message.snapshot);
      if (revision === 0) root?.replaceChildren(page.element);
      revision = message.snapshot.revision;
      if (scrollTo > 0) window.scrollTo(0, scrollTo);
      scrollTo = 0;
      keepDocument(message.snapshot.content);
      break;
    case 'show':
      page?.show(message.section);
      break;
  }
});
/** The tab that is restored after a reload shows what it showed. */
function keepDocument(content: PanelContent): void {
  const uri = content.kind === 'empty' ? undefined : content.document.uri;
  if (uri === undefined || uri === shown) return;
  shown = uri;
  save();
}

send({ type: 'ready' });
