// Light, dark, or as the system has it. Style sheets know both through `light-dark()`; this only says which one counts.

import { preference } from '../ui/preference.ts'

export const THEMES = ['system', 'dark', 'light'] as const
export type Theme = (typeof THEMES)[number]

export const theme = preference<Theme>('theme', THEMES)

function apply() {
  document.documentElement.dataset['theme'] = theme.read()
}

/** From now on the page has the theme that is preferred. */
export function followTheme(): void {
  apply()
  theme.subscribe(apply)
}
