/** Completion of YAML DAG files by the JSON Schema that the server checks them by. It is asked for with the first completion. */
import type { CompletionContext, CompletionSource } from '@codemirror/autocomplete'
import { api } from '../../api/client.ts'
import { yamlCompletion, type YamlSchema } from './yamlCompletion.ts'

let asking: Promise<CompletionSource> | null = null

function loadCompletion(): Promise<CompletionSource> {
  asking ??= api.getDagSchema().then((schema) => yamlCompletion(schema as YamlSchema))
  // A server that is out of reach is asked again with the next completion.
  asking.catch(() => (asking = null))
  return asking
}

export async function completeDagYaml(context: CompletionContext) {
  if (!mayHoldDags(context.state.doc.toString())) return null
  const complete = await loadCompletion().catch(() => null)
  return complete === null || context.aborted ? null : complete(context)
}

/** Other YAML files lie in DAG folders, too: settings, manifests. A text without any key at its margin may become anything. */
export function mayHoldDags(text: string): boolean {
  const keys = [...text.matchAll(/^["']?([\w.-]+)["']?[ \t]*:/gm)].map(([, key]) => key)
  return keys.length === 0 || keys.some((key) => ['dags', 'defaults', 'default_args', 'id', 'dag_id'].includes(key ?? ''))
}
