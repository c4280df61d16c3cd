import { expect, test } from 'vitest'
import { type Module, pageOf } from './pages.ts'

/** Modules by what imports them; `=>` is an `import()`. */
function modulesOf(...imports: string[]) {
  const modules = new Map<string, Module & { importers: string[]; dynamicImporters: string[] }>()
  const module = (id: string) => {
    const made = modules.get(id) ?? { importers: [], dynamicImporters: [], isEntry: id === '/src/main.tsx' }
    modules.set(id, made)
    return made
  }
  for (const line of imports) {
    const [from = '', arrow, to = ''] = line.split(' ')
    module(from)
    module(to)[arrow === '=>' ? 'dynamicImporters' : 'importers'].push(from)
  }
  return (id: string) => modules.get(id) ?? null
}

const APP = modulesOf(
  '/src/main.tsx -> /src/routes/trace.tsx',
  '/src/routes/trace.tsx -> /src/app/paths.ts',
  '/src/routes/trace.tsx => /src/trace/page.tsx',
  '/src/routes/trace.tsx => /src/traces/page.tsx',
  '/src/routes/trace.tsx => /src/services/page.tsx',
  '/src/routes/trace.tsx => /src/services/list-page.tsx',
  '/src/trace/page.tsx -> /src/app/paths.ts',
  '/src/trace/page.tsx -> /src/trace/row.tsx',
  '/src/trace/page.tsx => /src/trace/flame.tsx',
  '/src/trace/page.tsx -> /src/ui/section.tsx',
  '/src/traces/page.tsx -> /src/ui/section.tsx',
  '/src/traces/page.tsx => /src/traces/metrics/view.tsx',
  '/src/traces/metrics/view.tsx -> /src/charts/plot.ts',
  '/src/services/page.tsx -> /src/charts/plot.ts',
  '/src/charts/plot.ts -> /node_modules/uplot/uPlot.js',
  '/src/trace/row.tsx -> /src/trace/tree.ts',
  '/src/trace/tree.ts -> /src/trace/row.tsx',
)

test.each([
  ['/src/routes/trace.tsx', 'first'],
  ['/src/app/paths.ts', 'first'],
  ['/src/trace/page.tsx', 'trace'],
  ['/src/trace/row.tsx', 'trace'],
  ['/src/trace/tree.ts', 'trace'],
  ['/src/trace/flame.tsx', 'trace'],
  ['/src/traces/metrics/view.tsx', 'metrics'],
  ['/src/services/page.tsx', 'service'],
  ['/src/services/list-page.tsx', 'first'],
])('%s is in the file of who loads it, %s', (id, page) => {
  expect(pageOf(id, APP)).toBe(page)
})

test('what pages share comes with the first, but for charts', () => {
  expect(pageOf('/src/ui/section.tsx', APP)).toBe('first')
  expect(pageOf('/src/charts/plot.ts', APP)).toBe('charts')
  expect(pageOf('/node_modules/uplot/uPlot.js', APP)).toBe('charts')
})

test('the entry itself, and what nobody imports, is left to the bundler', () => {
  expect(pageOf('/src/main.tsx', APP)).toBeNull()
  expect(pageOf('/src/unknown.ts', APP)).toBeNull()
})
