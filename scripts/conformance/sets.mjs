// @ts-check
/** Finds the ONNX backend test vectors on this machine: sets, their folders and cases. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { depsFolder } from '../paths.mjs';

/**
 * @typedef {object} Case
 * @property {string} set
 * @property {string} group The set's folder: 'node', 'simple' ...
 * @property {string} name
 * @property {string} folder Absolute; holds model.onnx and test_data_set_*.
 */

/**
 * @typedef {object} VectorSet
 * @property {string} name
 * @property {string} folder
 * @property {string} command Brings it.
 */

/** The folders of a set that hold whole models; 'real' and 'light' only name or generate theirs. */
const GROUPS = ['node', 'simple', 'pytorch-converted', 'pytorch-operator'];

/** @type {readonly VectorSet[]} */
export const SETS = [
  {
    name: 'onnx-1.12',
    folder: '/usr/share/libonnx-testdata/data',
    command: 'apt-get install -y libonnx-testdata',
  },
  {
    name: 'onnx-1.19',
    folder: join(depsFolder, 'onnx-testdata'),
    command: 'node scripts/deps.mjs testdata',
  },
];

/**
 * A set in a folder that the caller names.
 * @param {string} folder
 * @returns {VectorSet}
 */
export const setAt = (folder) => ({ name: folder, folder, command: `fill ${folder}` });

/**
 * Why a set is not there, with the command that brings it, or undefined.
 * @param {VectorSet} set
 */
export function lackOfSet({ name, folder, command }) {
  return GROUPS.some((group) => existsSync(join(folder, group)))
    ? undefined
    : `the ONNX backend vectors ${name} are not in ${folder}; bring them with: ${command}`;
}

/**
 * The cases of a set in the order of their names.
 * @param {VectorSet} set
 * @returns {Case[]}
 */
export function casesOf({ name: set, folder }) {
  return GROUPS.flatMap((group) => {
    const groupFolder = join(folder, group);
    if (!existsSync(groupFolder)) return [];
    return readdirSync(groupFolder)
      .sort()
      .map((name) => ({ set, group, name, folder: join(groupFolder, name) }))
      .filter((one) => existsSync(join(one.folder, 'model.onnx')));
  });
}
