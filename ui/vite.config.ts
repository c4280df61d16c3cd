import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { icons } from './build/icons.ts'
import { lean } from './build/lean.ts'
import { pageOf } from './build/pages.ts'
import { precompress, precompressed } from './build/precompress.ts'
import { AHEAD, LAYOUT, START, start } from './build/start.ts'
import { mockApi } from './mock/vite.ts'

/** A running server to develop against; without one the mock API answers. */
const server = process.env['SPANLOOM_URL']

/** As `src/guard.rs` sends it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

export default defineConfig({
  plugins: [react(), icons(), lean(), start(), precompress(), precompressed(), server ? [] : mockApi()],
  // React has had it itself since 18.
  resolve: {
    alias: { 'use-sync-external-store/shim/with-selector': 'use-sync-external-store/with-selector.js' },
  },
  server: server ? { proxy: { '/api': server, '/tempo': server, '/prometheus': server, '/-': server } } : {},
  // Browser tests without a server shall see breaches of its policy, too.
  preview: { headers: { 'content-security-policy': CONTENT_SECURITY_POLICY } },
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    // The server's content security policy lets fonts and scripts come from files only.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: 'index.html', [START]: 'src/start.ts' },
      // Nothing here counts on what merely reading a property does.
      treeshake: {
        unknownGlobalSideEffects: false,
        propertyReadSideEffects: false,
      },
      output: {
        // Few files: dozens of small ones compress worse.
        codeSplitting: {
          groups: [
            // The layout, here and in its worker.
            { name: LAYOUT, test: /\/src\/graph\/layout\/worker\.ts$/, priority: 3 },
            // What is asked before anything is drawn, and everything that this takes.
            { name: AHEAD, test: /\/src\/(?:topology|trace)\/ahead\.ts$|vite\/preload-helper/, priority: 2 },
            {
              name: 'base',
              test: /(?:node_modules|build)\/(?:react|react-dom|scheduler|@tanstack\/(?:react-router|router-core|history|store|react-store|query-core|react-query)|lucide-react|use-sync-external-store)\//,
              priority: 1,
            },
            {
              name: (id, bundle) => pageOf(id, module => bundle.getModuleInfo(module)),
              debugName: 'pages',
              includeDependenciesRecursively: false,
            },
          ],
        },
      },
    },
    // React is most of it; compressed it is a quarter.
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: 'node',
    include: ['{src,mock,build}/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
})
