// Small panels beside a control: menus, emoji, confirmations of overflow. One is open at a time.

import { el } from './dom.js';

let open = null;

/** Closes the open panel, if any. */
export function closePanel() {
  const was = open;
  open = null;
  if (!was) return;
  was.panel.remove();
  was.anchor.setAttribute('aria-expanded', 'false');
  was.onClose?.();
}

/** Whether the panel of this control is open. */
export const isOpen = (anchor) => open?.anchor === anchor;

/** Opens a panel beside a control, above everything including a form that is open. */
export function openPanel(anchor, panel, { onClose, wide = false, beside = anchor } = {}) {
  closePanel();
  panel.classList.add('panel');
  panel.setAttribute('popover', 'manual');
  // A panel outside an open form would be inert, so it lives inside the form.
  (anchor.closest('dialog') ?? document.body).append(panel);
  panel.showPopover();
  anchor.setAttribute('aria-expanded', 'true');
  open = { anchor, panel, beside, onClose };
  place(beside, panel, wide);
}

/** Puts the open panel where it fits, after its content changed. */
export function placeAgain() {
  if (open) place(open.beside, open.panel, open.panel.dataset.wide === 'yes');
}

function place(beside, panel, wide) {
  const box = beside.getBoundingClientRect();
  panel.dataset.wide = wide ? 'yes' : 'no';
  if (wide) panel.style.minWidth = `${Math.min(box.width, innerWidth - 16)}px`;
  const { width, height } = panel.getBoundingClientRect();
  const below = innerHeight - box.bottom > height + 12 || box.top < height + 12;
  panel.style.top = `${Math.max(8, below ? box.bottom + 4 : box.top - height - 4)}px`;
  panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
}

/** A menu of choices below a control; calls `choose` with the chosen entry's value. */
export function menu(anchor, entries, choose) {
  if (isOpen(anchor)) return closePanel();
  const panel = el('div', { role: 'menu', class: 'menu', onkeydown: arrows },
    entries.map(({ label, value, note }) => el('button', {
      type: 'button', role: 'menuitem', class: 'menu-item', 'data-testid': 'option', 'data-value': value,
      onclick: () => {
        closePanel();
        anchor.focus();
        choose(value);
      },
    }, el('span', {}, label), note && el('small', {}, note))));
  openPanel(anchor, panel);
  panel.querySelector('button')?.focus();
}

/** Moves between the buttons of a panel with the arrow keys. */
export function arrows(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.indexOf(document.activeElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
  event.preventDefault();
}

document.addEventListener('pointerdown', (event) => {
  if (open && !open.panel.contains(event.target) && !open.beside.contains(event.target)) closePanel();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !open) return;
  // The form below must not take the same key for itself.
  event.preventDefault();
  event.stopPropagation();
  const { anchor } = open;
  closePanel();
  anchor.focus();
}, true);
addEventListener('resize', closePanel);
