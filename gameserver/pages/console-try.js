// A form for each call that the server's own document has, with the line for curl.

import { address } from "/static/api.js";
import { copy, fill, make } from "/static/dom.js";
import { ask, send } from "/static/console-session.js";
import { act, onSubmit, show as reveal, slot, tell, words } from "/static/console-words.js";
import { count } from "/static/format.js";

const LONGEST = 100000;
const KEPT_TO_ONESELF = new Set(["sessionkey"]);
const METHODS = ["get", "post", "put", "delete"];

export async function show(root, { captures: [id], query }) {
  const says = slot(root, "says");
  await act(says, null, async () => {
    const document = await ask("GET", "/openapi.json");
    const calls = callsOf(document);
    const call = calls.find((each) => each.id === id) ?? calls[0];
    offerCalls(slot(root, "calls"), calls, call);
    offer(root, call, document, query, says);
    reveal(slot(root, "all"), true);
  });
}

// All operations, each with its method, its path and its parameters.
function callsOf(document) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      ...item[method],
      id: item[method].operationId,
      method: method.toUpperCase(),
      path,
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
    })));
}

function offerCalls(select, calls, call) {
  select.replaceChildren(...calls.map(({ id, method, path }) =>
    make("option", { value: id, selected: id === call.id }, `${method} ${path}`)));
  select.addEventListener("change", () => {
    location.hash = `#/try/${select.value}`;
  });
}

function offer(root, call, document, query, says) {
  const form = slot(root, "form");
  const fields = call.parameters.map((parameter) => field(parameter, query));
  const schemes = (call.security ?? []).flatMap(Object.keys);
  fill(root, { summary: call.summary });
  slot(root, "fields").replaceChildren(...fields.map(({ element }) => element));
  slot(root, "as").value = schemes.includes("admin") ? "admin" : "";
  const schema = call.requestBody?.content["application/json"].schema;
  reveal(slot(root, "body-field"), Boolean(schema));
  slot(root, "body").value = schema ? JSON.stringify(example(schema, document), null, 2) : "";
  const refresh = () => {
    const request = requestOf(root, call, fields);
    fill(root, { curl: curl(request) });
    reveal(slot(root, "needs-token"), request.isAdmin);
    const kept = fields.filter(({ parameter }) => !KEPT_TO_ONESELF.has(parameter.name));
    const values = kept.map(({ parameter, input }) => [parameter.name, input.value]);
    history.replaceState(null, "", address(`#/try/${call.id}`, Object.fromEntries(values)));
  };
  form.addEventListener("input", refresh);
  refresh();
  onSubmit(form, says, async () => {
    tell(says, null);
    await answer(root, requestOf(root, call, fields));
  });
}

function field(parameter, query) {
  const { name, required, schema, description } = parameter;
  const element = copy("try-field");
  const input = slot(element, "input");
  const id = `try-${parameter.in}-${name}`;
  input.id = id;
  input.value = query.get(name) ?? (parameter.in === "path" ? "1" : "");
  if (schema?.default !== undefined) input.placeholder = String(schema.default);
  fill(element, { label: required ? `${name} *` : name, about: description ?? "" });
  slot(element, "label").htmlFor = id;
  return { parameter, element, input };
}

// What the form says, as a request.
function requestOf(root, call, fields) {
  const values = (place) => fields
    .filter(({ parameter, input }) => parameter.in === place && input.value !== "")
    .map(({ parameter, input }) => [parameter.name, input.value]);
  let path = call.path;
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") {
      path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    }
  }
  const hasBody = Boolean(call.requestBody);
  const headers = Object.fromEntries(values("header"));
  if (hasBody) headers["Content-Type"] = "application/json";
  return {
    method: call.method,
    path: address(path, Object.fromEntries(values("query"))),
    headers,
    body: hasBody ? slot(root, "body").value : undefined,
    isAdmin: slot(root, "as").value === "admin",
  };
}

async function answer(root, request) {
  const began = performance.now();
  let response, text;
  try {
    response = await send(request.method, request.path, request);
    text = await response.text();
  } catch {
    throw Object.assign(new Error(), { status: 0 });
  }
  const shown = slot(root, "text");
  fill(root, {
    status: `${response.status} ${response.statusText}`,
    took: `${count(Math.round(performance.now() - began))} ms`,
  });
  shown.replaceChildren(pretty(text.slice(0, LONGEST)));
  const more = text.length - LONGEST;
  if (more > 0) shown.append(words("too-long", { count: count(more) }));
  reveal(slot(root, "answer"), true);
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// The same request as a line for a shell. The token is not in it.
function curl({ method, path, headers, body, isAdmin }) {
  const parts = ["curl"];
  if (method !== "GET" && !(method === "POST" && body !== undefined)) parts.push("-X", method);
  if (isAdmin) parts.push("-H", '"Authorization: Bearer $token"');
  for (const [name, value] of Object.entries(headers)) {
    parts.push("-H", quoted(`${name}: ${value}`));
  }
  if (body !== undefined) parts.push("--data-raw", quoted(body));
  return [...parts, quoted(location.origin + path)].join(" ");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// A body to begin with: the members that must be there.
function example(schema, document) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1);
    return example(document.components.schemas[name], document);
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (schema.enum) return schema.enum[0];
  if (type === "object") {
    const member = (name) => [name, example(schema.properties[name], document)];
    return Object.fromEntries((schema.required ?? []).map(member));
  }
  if (type === "array") return [example(schema.items, document)];
  return { integer: schema.minimum ?? 0, number: 0, boolean: true }[type] ?? "";
}
