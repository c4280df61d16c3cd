// Icons without what is not used of them: the package makes them with a context and attributes that nobody sets here, and
// gives all their parts keys of random letters, which no compression makes shorter.

import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const INSTEAD = fileURLToPath(new URL('./icon.ts', import.meta.url))
const ICON = /\/lucide-react\/dist\/esm\/icons\/[\w-]+\.mjs$/
const MAKER = /\/createLucideIcon\.mjs$/

/** The module of an icon with its drawing alone. */
export function bare(module: string): string {
  return module.replace(/name: "[^"]*",\s*size: 24,/, '').replace(/, key: "[^"]*"/g, '')
}

export function icons(): Plugin {
  let isMet = false
  return {
    name: 'icons',
    apply: 'build',
    enforce: 'pre',
    resolveId(source, importer) {
      return importer !== undefined && MAKER.test(source) && ICON.test(importer) ? INSTEAD : null
    },
    transform(code, id) {
      if (!ICON.test(id)) return null
      const left = bare(code)
      if (left !== code) isMet = true
      return { code: left, map: null }
    },
    buildEnd(error) {
      // Another version may have it elsewhere.
      if (error === undefined && !isMet) throw new Error('where do icons come from?')
    },
  }
}
