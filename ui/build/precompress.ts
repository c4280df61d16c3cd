// Writes a brotli and a gzip copy beside every text file of the build. The server embeds them and sends them as they
// are, so that it never compresses an asset itself, and can afford the slowest levels.

import { createReadStream, existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

/** Below it the headers of a response weigh more than what is saved. */
const SIZE_BYTES_MIN = 1024
const TEXT = /\.(?:css|html|js|json|map|svg|txt|webmanifest)$/

const brotli = promisify(brotliCompress)
const deflate = promisify(gzip)

/** The compressed forms of a file, by the ending of their names; none that is not smaller than the file. */
export async function compressedForms(text: Buffer): Promise<Map<string, Buffer>> {
  if (text.length < SIZE_BYTES_MIN) return new Map()
  const options = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  }
  const forms: [string, Buffer][] = [
    ['.br', await brotli(text, { params: options })],
    ['.gz', await deflate(text, { level: constants.Z_BEST_COMPRESSION })],
  ]
  return new Map(forms.filter(([, bytes]) => bytes.length < text.length))
}

export function isText(path: string): boolean {
  return TEXT.test(path)
}

async function precompressFile(path: string): Promise<void> {
  const forms = await compressedForms(await readFile(path))
  for (const [ending, bytes] of forms) await writeFile(path + ending, bytes)
}

/** After the files of `public` were copied, hence not in `generateBundle`, which does not see them. */
export function precompress(): Plugin {
  let directory = ''
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      directory = resolve(config.root, config.build.outDir)
    },
    async closeBundle() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true })
      const files = entries.filter(entry => entry.isFile() && isText(entry.name))
      await Promise.all(files.map(file => precompressFile(join(file.parentPath, file.name))))
    },
  }
}

const TYPES: Record<string, string> = { css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' }

/** Lets `vite preview` send them, as the server does: who measures the UI is not to measure the way of larger files. */
export function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'serve',
    configurePreviewServer({ config, middlewares }) {
      const directory = resolve(config.root, config.build.outDir)
      middlewares.use((request, response, next) => {
        const [, path = '', ending = ''] = /^(\/assets\/[\w.-]+\.(css|js|svg))$/.exec(request.url ?? '') ?? []
        const file = join(directory, `${path}.br`)
        const isTaken = String(request.headers['accept-encoding']).includes('br')
        if (path === '' || !isTaken || !existsSync(file)) return next()
        response.setHeader('content-type', TYPES[ending] ?? '')
        response.setHeader('content-encoding', 'br')
        createReadStream(file).pipe(response)
      })
    },
  }
}
