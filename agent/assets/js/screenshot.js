// A screenshot: pasted, dropped or chosen; shown, and sent to the station.

import { Problem, send } from "./api.js";
import { byId, show } from "./dom.js";
import { t } from "./words.js";

const KINDS = ["image/png", "image/jpeg", "image/webp"];
const MAX = 5 * 1024 * 1024;
const canvas = byId("portal-shot");

/** What will be sent; null if nothing. */
let chosen = null;

/** Nothing is shown or sent. */
export function clear() {
  chosen = null;
  byId("portal-file").value = "";
  show(canvas, false);
  show(byId("portal-shot-remove"), false);
}

/** Draws an image: a canvas needs no address, so the page's policy stays as strict as it is. */
async function draw(blob) {
  const image = await createImageBitmap(blob);
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  image.close();
  show(canvas, true);
}

async function choose(blob) {
  if (blob.size > MAX) throw new Problem(413, "evidence_too_large", "");
  if (!KINDS.includes(blob.type)) throw new Problem(415, "evidence_not_an_image", "");
  try {
    await draw(blob);
  } catch {
    throw new Problem(415, "evidence_not_an_image", "");
  }
  chosen = blob;
  canvas.setAttribute("aria-label", t("portal.shot_chosen"));
  show(byId("portal-shot-remove"), true);
}

/** Sends what was chosen; gives the digest under which it is kept, null if nothing was. */
export async function upload() {
  if (!chosen) return null;
  const options = { method: "POST", headers: { "Content-Type": chosen.type }, body: chosen };
  const response = await send("/api/v1/evidence", options);
  return (await response.json()).sha256;
}

/** Shows a screenshot that the station keeps. */
export async function load(digest) {
  const response = await send(`/api/v1/evidence/${digest}`);
  clear();
  await draw(await response.blob());
  canvas.setAttribute("aria-label", t("portal.show_shot"));
  canvas.scrollIntoView({ block: "nearest" });
}

/** Takes images that are pasted or dropped anywhere on the dialog, or chosen as files. */
export function start(dialog, tell) {
  const take = (files) => {
    const image = [...(files ?? [])].find((file) => file.type.startsWith("image/")) ?? files?.[0];
    if (image) choose(image).catch(tell);
    return Boolean(image);
  };
  dialog.addEventListener("paste", (event) => take(event.clipboardData?.files) && event.preventDefault());
  dialog.addEventListener("dragover", (event) => event.preventDefault());
  dialog.addEventListener("drop", (event) => {
    event.preventDefault();
    take(event.dataTransfer?.files);
  });
  byId("portal-file").addEventListener("change", (event) => take(event.target.files));
  byId("portal-shot-remove").addEventListener("click", clear);
}
