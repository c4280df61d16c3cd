// Which file of the build a module goes to. Left alone every `import()` makes files of its own, and fifty small ones are a
// tenth larger than ten: compression finds in each what it found in the others.

/** What this takes of the bundler's modules. */
export interface Module {
  importers: readonly string[]
  dynamicImporters: readonly string[]
  isEntry: boolean
}

/** With the first page comes what several others share, too, and what is too small for a file of its own. */
const FIRST = 'first'
/** Of what is loaded by who goes there: the first whose pattern fits. */
const PAGES: readonly (readonly [page: string, root: RegExp])[] = [
  ['connect', /\/src\/(?:connect|empty)\//],
  ['service', /\/src\/services\/page\.tsx$/],
  [FIRST, /\/src\/services\//],
  ['metrics', /\/src\/traces\/metrics\//],
  ['traces', /\/src\/traces\//],
  ['trace', /\/src\/trace\//],
  // Small parts of the first page that are loaded once it is there.
  ['later', /\/src\//],
]
/** Large, and not for all who share something. */
const CHARTS = /\/src\/charts\/|\/node_modules\/uplot\//

/** Names the file of a module; null for those that the page itself names, and what nobody imports. */
export function pageOf(id: string, moduleOf: (id: string) => Module | null): string | null {
  if (moduleOf(id)?.isEntry === true) return null
  const pages = pagesThatLoad(id, moduleOf)
  if (pages.size === 0) return null
  if (!pages.has(FIRST) && CHARTS.test(id)) return 'charts'
  const [page = FIRST, ...others] = pages
  return others.length === 0 ? page : FIRST
}

/** All that come to a module by imports, each over the `import()` that it begins with. */
function pagesThatLoad(id: string, moduleOf: (id: string) => Module | null): Set<string> {
  const pages = new Set<string>()
  const seen = new Set<string>()
  const waiting = [id]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const module = moduleOf(at)
    if (module === null || seen.has(at)) continue
    seen.add(at)
    if (module.isEntry) pages.add(FIRST)
    if (module.dynamicImporters.length > 0) pages.add(pageOfRoot(at))
    waiting.push(...module.importers)
  }
  return pages
}

function pageOfRoot(id: string): string {
  return PAGES.find(([, root]) => root.test(id))?.[0] ?? FIRST
}
