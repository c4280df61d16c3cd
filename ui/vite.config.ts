import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { english } from './build/english.ts'
import { precompress, precompressed } from './build/precompress.ts'
import { mockApi } from './mock/vite.ts'

/** A running server to develop against; without one the mock API answers. */
const server = process.env['SPANLOOM_URL']

/** As `src/guard.rs` sends it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

export default defineConfig({
  plugins: [react(), english(), precompress(), precompressed(), server ? [] : mockApi()],
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
      output: {
        // What every page needs, as one file: dozens of small ones compress worse.
        codeSplitting: {
          groups: [
            {
              name: 'base',
              test: /node_modules\/(?:react|react-dom|scheduler|react-aria|react-aria-components|react-stately|@internationalized|@tanstack\/(?:react-router|router-core|history|store|react-store|query-core|react-query)|openapi-fetch|clsx|use-sync-external-store)\//,
            },
            { name: 'own', test: /\/src\/(?:ui|app|api|graph)\/|lucide-react/, minShareCount: 4 },
          ],
        },
      },
    },
    // React and its accessible widgets are most of it; compressed it is a quarter.
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
