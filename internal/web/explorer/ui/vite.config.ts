import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

import { licences } from './licences';
import { pack } from './pack';

const bundled = licences('LICENCES.txt');

// The page itself is written by the Go side, which reads manifest.json to learn
// the names. A relative base lets it be served below any prefix.
export default defineConfig({
  base: './',
  plugins: [react(), bundled.main(), pack()],
  // GraphiQL labels its icons by the names of their functions.
  esbuild: { keepNames: true },
  // Each worker is one classic script, so its files need no right to load others.
  worker: {
    format: 'iife',
    plugins: () => [bundled.worker()],
    rollupOptions: { output: { inlineDynamicImports: true } },
  },
  build: {
    target: 'es2022',
    outDir: '../dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    cssCodeSplit: false,
    // Nothing is inlined: the content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    // Browsers that need the polyfill cannot run the editor either.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4096,
    rollupOptions: { input: 'src/main.tsx' },
  },
});
