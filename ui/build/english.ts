// Leaves out what React Aria says in other languages than this UI does: its few hidden words, in 33 languages, and the look
// for the browser's own, with which a browser loads all that it knows of dates before the first picture.

import type { Plugin } from 'vite'

const WORDS = /\/react-aria(?:-components)?\/dist\/private\/intl\/(?:[\w-]+\/)?[a-z]{2}-[A-Z]{2}\.mjs$/
const LOCALE = /\/react-aria\/dist\/private\/i18n\/useDefaultLocale\.mjs$/
const ENGLISH = `const english = { locale: 'en-US', direction: 'ltr' }
export const getDefaultLocale = () => english
export const useDefaultLocale = getDefaultLocale`

/** What takes the place of a file; null for those that stay. */
export function inEnglish(path: string): string | null {
  if (LOCALE.test(path)) return ENGLISH
  return WORDS.test(path) && !path.endsWith('/en-US.mjs') ? 'export default undefined' : null
}

export function english(): Plugin {
  const met = new Set<string>()
  return {
    name: 'english',
    apply: 'build',
    load(id) {
      const instead = inEnglish(id)
      if (instead !== null) met.add(instead)
      return instead
    },
    buildEnd(error) {
      // Another version may have them elsewhere.
      if (error === undefined && met.size < 2) throw new Error('where are the languages of React Aria?')
    },
  }
}
