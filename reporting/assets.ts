/**
 * The dashboard's static files, read once at start: Chart.js from its npm package (MIT) and our own. Their URLs carry a
 * hash of the content, so that browsers may keep them for ever and still see every change.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageRoot } from '../core/package-root.js';

const JAVASCRIPT = 'text/javascript; charset=utf-8';

const ASSETS = {
  'chart.js': load(JAVASCRIPT, chartJsFile()),
  'dashboard.js': load(JAVASCRIPT, ownFile('dashboard.js')),
  'dashboard.css': load('text/css; charset=utf-8', ownFile('dashboard.css')),
  'favicon.svg': load('image/svg+xml', ownFile('favicon.svg')),
} as const satisfies Record<string, Asset>;

interface Asset {
  readonly contentType: string;
  readonly body: Buffer;
  readonly hash: string;
}

export function findAsset(name: string): Asset | null {
  return Object.hasOwn(ASSETS, name) ? ASSETS[name as keyof typeof ASSETS] : null;
}

export function assetUrl(name: keyof typeof ASSETS): string {
  return `/assets/${name}?v=${ASSETS[name].hash}`;
}

function load(contentType: string, file: string): Asset {
  const body = readFileSync(file);
  return { contentType, body, hash: createHash('sha256').update(body).digest('hex').slice(0, 12) };
}

function ownFile(name: string): string {
  return path.join(packageRoot(), 'reporting', 'assets', name);
}

/** The self-contained build; the ES module build imports a second package by name, which browsers cannot. */
function chartJsFile(): string {
  const entry = createRequire(import.meta.url).resolve('chart.js');
  return path.join(path.dirname(entry), 'chart.umd.min.js');
}
