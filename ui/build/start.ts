// Puts `src/start.ts` into the page before everything else: a script of its own, which waits for no other script and no
// style. Vite would make one script of all that a page names, and that one would wait for the largest.

import type { HtmlTagDescriptor, Plugin, Rolldown } from 'vite'

type OutputChunk = Rolldown.OutputChunk

const SOURCE = 'src/start.ts'
/** Names the build's entry and the file of what it needs. */
export const START = 'start'
export const AHEAD = 'ahead'
/** The file that is the worker's script, too. */
export const LAYOUT = 'layout'

/** What a start is made of; more would have to be awaited. */
const FILES = new Set([START, AHEAD, LAYOUT])

export function start(): Plugin {
  let base = '/'
  return {
    name: 'start',
    configResolved(config) {
      base = config.base
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        if (bundle === undefined) return [script(`${base}${SOURCE}`)]
        const chunks = Object.values(bundle).filter(file => file.type === 'chunk')
        const entry = chunks.find(({ name, isEntry }) => isEntry && name === START)
        if (entry === undefined) throw new Error(`where is ${SOURCE}?`)
        const needed = closure(entry, chunks)
        const layout = needed.find(({ name }) => name === LAYOUT)
        if (layout === undefined || layout.imports.length > 0)
          throw new Error('the worker is not to load more than its script')
        const large = needed.find(({ name }) => !FILES.has(name))
        if (large !== undefined) throw new Error(`${SOURCE} is not to wait for ${large.fileName}`)
        return [
          script(`${base}${entry.fileName}`),
          ...needed.map(({ fileName }) => preload(`${base}${fileName}`)),
        ]
      },
    },
  }
}

/** All files that one imports, and that these import. */
function closure(entry: OutputChunk, chunks: readonly OutputChunk[]): OutputChunk[] {
  const needed = new Set<OutputChunk>()
  const waiting = [entry]
  for (let chunk = waiting.pop(); chunk !== undefined; chunk = waiting.pop()) {
    const imported = chunk.imports
    for (const other of chunks) {
      if (!imported.includes(other.fileName) || needed.has(other)) continue
      needed.add(other)
      waiting.push(other)
    }
  }
  return [...needed]
}

const script = (src: string): HtmlTagDescriptor => ({
  tag: 'script',
  attrs: { type: 'module', async: true, crossorigin: true, src },
  injectTo: 'head-prepend',
})

const preload = (href: string): HtmlTagDescriptor => ({
  tag: 'link',
  attrs: { rel: 'modulepreload', crossorigin: true, href },
  injectTo: 'head-prepend',
})
