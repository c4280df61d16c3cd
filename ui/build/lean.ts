// What packages bring along and nobody here uses, or say at length. The bundler cannot know it: a class refers to it, or a
// table does. The build refuses what is not where it was, as another version may have it.

import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

interface Cut {
  /** The end of a module's path. */
  module: string
  what: RegExp
  instead: string
}

/** Without these, what only they refer to goes, too. */
const CUTS: readonly Cut[] = [
  // Nothing is changed by way of queries; a client asks all the same whether changes wait.
  {
    module: '/query-core/build/modern/queryClient.js',
    what: /new MutationCache\(\)/,
    instead: '{ findAll: () => [], clear() {}, resumePausedMutations() {} }',
  },
  // No list is asked for page by page.
  {
    module: '/query-core/build/modern/query.js',
    what: /this\.#queryType === "infinite" \? infiniteQueryBehavior\([^)]*\) :/,
    instead: '',
  },
  // Scales of charts are linear, lines are straight, and series have their times in common.
  { module: '/uplot/dist/uPlot.esm.js', what: /\b(?:w?sc\.|scale\.)?distr ==\s+[34]\b/g, instead: 'false' },
  { module: '/uplot/dist/uPlot.esm.js', what: /\bsc\.distr >= 3\b/, instead: 'false' },
  {
    module: '/uplot/dist/uPlot.esm.js',
    what: /^\s*(?:\(paths\.(?:stepped|spline) .*|uPlot\.(?:join|rangeLog|rangeAsinh) .*)$/gm,
    instead: '',
  },
  // Nobody tells the browser by React what to load, takes over what a server drew, or sends forms.
  {
    module: '/react-dom/cjs/react-dom.production.js',
    what: unasked('browser|pre\\w+|requestFormReset|unstable_batchedUpdates|useFormState|useFormStatus'),
    instead: '',
  },
  {
    module: '/react-dom/cjs/react-dom-client.production.js',
    what: /^ {2}D: prefetchDNS,[^}]*preinitModuleScript$/m,
    instead: '',
  },
  { module: '/react-dom/cjs/react-dom-client.production.js', what: unasked('hydrateRoot'), instead: '' },
  {
    module: '/react/cjs/react.production.js',
    what: unasked(
      'Activity|Children|Profiler|PureComponent|ViewTransition|__COMPILER_RUNTIME|addTransitionType|cache|cacheSignal|cloneElement|createRef|unstable_useCacheRefresh|useActionState|useInsertionEffect|useOptimistic|useReducer',
    ),
    instead: '',
  },
]

/** Names of CommonJS that nobody asks for. */
function unasked(names: string): RegExp {
  return new RegExp(`^exports\\.(?:${names}) =[^]*?(?=^exports\\.)`, 'gm')
}

/** CommonJS by its names: instead of what, and where they stand. */
const NAMED: Readonly<Record<string, string>> = {
  react: fileURLToPath(new URL('./react/index.ts', import.meta.url)),
  'react/jsx-runtime': fileURLToPath(new URL('./react/jsx-runtime.ts', import.meta.url)),
}
const OURS = /\/src\/[^?]+\.tsx?$|\/build\/icon\.ts$/

/** A module without what of it nobody uses; of each cut that is made `onCut` is told. */
export function leaned(id: string, code: string, onCut: (cut: Cut) => void = () => undefined): string {
  let left = code
  for (const cut of CUTS.filter(({ module }) => id.endsWith(module))) {
    const before = left
    left = left.replace(cut.what, cut.instead)
    if (left !== before) onCut(cut)
  }
  return left
}

export function lean(): Plugin {
  const made = new Set<Cut>()
  return {
    name: 'lean',
    apply: 'build',
    enforce: 'pre',
    resolveId(source, importer) {
      return importer !== undefined && OURS.test(importer) ? (NAMED[source] ?? null) : null
    },
    transform(code, id) {
      const left = leaned(id, code, cut => made.add(cut))
      return left === code ? null : { code: left, map: null }
    },
    buildEnd(error) {
      const missed = CUTS.find(cut => !made.has(cut))
      if (error === undefined && missed !== undefined)
        throw new Error(`where is ${missed.what} in ${missed.module}?`)
    },
  }
}
