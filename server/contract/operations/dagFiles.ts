/**
 * Operations on the files of the DAG folder. Whoever may write a DAG file may run code as the tasks do, and the text of a preview is
 * run to be read: both are an Admin's.
 */
import { Type } from 'typebox'
import { DagFileContent, DagFileEntry, DagFilePreview, DagFileSaved, FilePath, FileText, Sha256 } from '../dagFile.ts'
import { Nullable, Page, Strict, pageQuery } from '../schema.ts'
import { Message, type Operation } from './operation.ts'

export const dagFilesOperations = {
  listDagFiles: {
    method: 'GET',
    path: '/api/dag-files',
    role: 'Viewer',
    tag: 'dag files',
    summary: 'Text files of the DAG folder by path, with the DAGs that they define. A Viewer sees those that define DAGs.',
    query: Strict({ ...pageQuery, search: Type.Optional(Type.String({ maxLength: 200, description: 'part of the path' })) }),
    ok: Page(DagFileEntry),
  },
  getDagFile: {
    method: 'GET',
    path: '/api/dag-files/content',
    role: 'Viewer',
    tag: 'dag files',
    summary:
      'Text of a file as it lies in the DAG folder now, and how far it has been read for DAGs. A Viewer reads those that define DAGs.',
    query: Strict({ path: FilePath }),
    ok: DagFileContent,
  },
  saveDagFile: {
    method: 'PUT',
    path: '/api/dag-files/content',
    role: 'Admin',
    tag: 'dag files',
    summary:
      'Writes a file whole. If it is not what expected_hash says any more, nothing is written, and conflict tells what is there now.',
    body: Strict({
      path: FilePath,
      text: FileText,
      expected_hash: Nullable(Sha256, { description: 'sha256 of the text that was edited; null = there must be no such file yet' }),
    }),
    ok: DagFileSaved,
  },
  moveDagFile: {
    method: 'POST',
    path: '/api/dag-files/move',
    role: 'Admin',
    tag: 'dag files',
    summary: 'Gives a file another path. Its DAGs keep their history.',
    body: Strict({ path: FilePath, to: FilePath, expected_hash: Sha256 }),
    ok: Message,
  },
  deleteDagFile: {
    method: 'DELETE',
    path: '/api/dag-files/content',
    role: 'Admin',
    tag: 'dag files',
    summary: 'Deletes a file. Its DAGs stop being scheduled and keep their history.',
    query: Strict({ path: FilePath, expected_hash: Sha256 }),
    ok: Message,
  },
  getDagSchema: {
    method: 'GET',
    path: '/api/dag-files/schema',
    role: 'Viewer',
    tag: 'dag files',
    summary: 'JSON Schema (draft 2020-12) of YAML and JSON DAG files, for editors; VORTEX checks the files by the same.',
    ok: Type.Record(Type.String(), Type.Unknown()),
  },
  previewDagFile: {
    method: 'POST',
    path: '/api/dag-files/preview',
    role: 'Admin',
    tag: 'dag files',
    summary:
      'What unsaved text would define, compared with the newest versions. It is run as a DAG file is read: outside the server, within the same limits. A newer call of the same editor ends an older one.',
    body: Strict({
      path: FilePath,
      text: FileText,
      editor: Type.String({ minLength: 1, maxLength: 64, description: 'names the editor among those of its user' }),
    }),
    ok: DagFilePreview,
  },
} as const satisfies Record<string, Operation>
