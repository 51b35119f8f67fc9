/**
 * The colours: those of the system until the reader chooses, then the choice, kept in this browser. Runs before the page is
 * drawn, so that nothing flashes.
 */
const key = 'petrel-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function chosen(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    // Storage may be forbidden; the system's colours are fine.
    return null;
  }
}

function apply(): void {
  const dark = (chosen() ?? (system.matches ? 'dark' : 'light')) === 'dark';
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  document.getElementById('theme')?.setAttribute('aria-pressed', `${dark}`);
}

function toggle(): void {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(key, next);
  } catch {
    document.documentElement.dataset.theme = next;
    return;
  }
  apply();
}

apply();
system.addEventListener('change', apply);
document.addEventListener('DOMContentLoaded', () => {
  apply();
  document.getElementById('theme')?.addEventListener('click', toggle);
});
