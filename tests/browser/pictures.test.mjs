// Pictures in the chat: binary attachments all the way from a file on one side to pixels on the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { useHouse } from "./support/house.mjs";
import { landscape, noise } from "./support/pictures.mjs";

const house = useHouse();
const limit = 512 * 1024;

// Waits until the picture is decoded and tells what the browser made of it.
async function decoded(person) {
  const image = person.page.locator("#log .picture img").last();
  await image.waitFor();
  return image.evaluate(async (img) => {
    await img.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: img.naturalWidth, height: img.naturalHeight });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(img, 0, 0);
    const corner = [...context.getImageData(2, img.naturalHeight - 3, 1, 1).data];
    return { corner, width: img.naturalWidth, height: img.naturalHeight };
  });
}

const pick = (person, name, mimeType, buffer) => person.page.setInputFiles("#file", { name, mimeType, buffer });

test("SD-09 a picture that is picked arrives and is decoded, and waits in the history", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await pick(ada, "sunset.png", "image/png", landscape(480, 320));
  await ada.page.locator("#tray-text", { hasText: "480 × 320" }).waitFor();
  await ada.screenshot("picture-picked");
  await ada.say("The view from here");
  await grace.sees("The view from here");
  assert.deepEqual(await decoded(grace), { corner: [24, 68, 60, 255], width: 480, height: 320 });
  await ada.seesSent("The view from here");
  assert.equal(await ada.page.locator("#tray").isVisible(), false);
  await grace.screenshot("picture");
  await grace.page.click("#log .picture");
  await grace.page.locator("#viewer[open] img").waitFor();
  await grace.screenshot("picture-viewer");
  await grace.page.keyboard.press("Escape");
  await grace.page.locator("#viewer").waitFor({ state: "hidden" });

  const linus = await (await open()).enter("Linus");
  assert.equal((await decoded(linus)).width, 480);
}));

test("SD-09 a picture can be pasted and sent to one person", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await ada.openPerson("Grace");
  await ada.page.evaluate((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
    const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.querySelector("#text").dispatchEvent(paste);
  }, [...landscape(60, 40)]);
  await ada.page.locator("#tray-text", { hasText: "60 × 40" }).waitFor();
  await ada.page.click("#send");
  await ada.page.locator('#log .message[data-status="sent"] .picture').waitFor();
  await grace.openPerson("Ada");
  assert.equal((await decoded(grace)).width, 60);
}));

test("SD-09 the limit is shown, and a picture over it is made smaller", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const grace = await (await open()).enter("Grace");
  await ada.page.locator("#hint", { hasText: "up to 512 KiB" }).waitFor();
  const big = noise(1000, 700);
  assert.ok(big.length > 3 * limit);
  await pick(ada, "big.png", "image/png", big);
  await ada.page.locator("#tray-text", { hasText: "made smaller from 2.0 MiB" }).waitFor();
  await ada.page.click("#send");
  await ada.page.locator('#log .message[data-status="sent"] .picture').waitFor();
  const { width, height } = await decoded(grace);
  assert.ok(width <= 1000 && Math.abs(width / height - 1000 / 700) < 0.01);
}));

test("SD-09 what is not a picture, or cannot be made smaller, is refused with the reason", house(async ({ open }) => {
  const ada = await (await open()).enter("Ada");
  const refused = (text) => ada.page.locator("#problem", { hasText: text }).waitFor();
  await pick(ada, "page.svg", "image/svg+xml", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"));
  await refused("Only PNG, JPEG, GIF and WebP");
  await pick(ada, "lie.png", "image/png", Buffer.from("this is text"));
  await refused("not a picture");
  await pick(ada, "long.gif", "image/gif", bigGif());
  await refused("the limit is 512 KiB");
  await ada.screenshot("picture-too-big");
  assert.equal(await ada.page.locator("#tray").isVisible(), false);
}));

// One pixel, and a comment of 600 KiB.
function bigGif() {
  const comment = Buffer.concat(Array(2410).fill(Buffer.concat([Buffer.from([255]), Buffer.alloc(255, "x")])));
  return Buffer.concat([Buffer.from("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff", "latin1"),
    Buffer.from([0x21, 0xfe]), comment, Buffer.from([0]),
    Buffer.from(",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;", "latin1")]);
}
