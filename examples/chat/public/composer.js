// The field to write in: grows with the text, takes pictures from the file picker, the clipboard or a drop, and hands a
// finished draft {text, image?} on. What the server would refuse is said here already.
import { $, sizeText } from "./dom.js";
import { PictureError, readPicture, urlOf } from "./pictures.js";

export class Composer {
  #text = $("text");
  #image;
  #reading = 0; // the newest picture wins when two are read at once

  // send(draft) returns false if it does not take the draft; changed(isEmpty) follows the text.
  constructor({ send, changed }) {
    this.send = send;
    this.changed = changed;
    $("composer").addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      $("composer").requestSubmit();
    });
    this.#text.addEventListener("input", () => {
      this.#fit();
      this.problem("");
      this.changed(this.#text.value.trim() === "");
    });
    this.#acceptPictures();
  }

  setLimits(limits) {
    this.limits = limits;
    const size = sizeText(limits.image);
    this.#text.maxLength = limits.text;
    $("attach").title = `Add a picture (up to ${size}, larger ones are made smaller)`;
    $("hint").textContent = `Pictures up to ${size}, larger ones are made smaller`;
  }

  setTarget(label) {
    this.#text.placeholder = label;
    this.problem("");
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  problem(text) {
    $("problem").textContent = text;
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (text === "" && !this.#image) return this.focus();
    if (!this.send({ text, image: this.#image })) return;
    this.#text.value = "";
    this.#setImage(undefined);
    this.problem("");
    this.#fit();
    this.focus();
  }

  // As high as its text, up to what the style sheet allows.
  #fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #acceptPictures() {
    $("attach").addEventListener("click", () => $("file").click());
    $("file").addEventListener("change", () => {
      this.#take($("file").files);
      $("file").value = "";
    });
    this.#text.addEventListener("paste", (event) => {
      const { files } = event.clipboardData;
      if (files.length === 0) return;
      event.preventDefault();
      this.#take(files);
    });
    $("main").addEventListener("dragover", (event) => event.preventDefault());
    $("main").addEventListener("drop", (event) => {
      event.preventDefault();
      this.#take(event.dataTransfer.files);
    });
    $("tray-remove").addEventListener("click", () => {
      this.#setImage(undefined);
      this.focus();
    });
  }

  async #take(files) {
    if (files.length === 0 || !this.limits) return;
    const turn = ++this.#reading;
    this.problem("");
    try {
      const image = await readPicture(files[0], this.limits.image, sizeText);
      if (turn === this.#reading) this.#setImage(image);
    } catch (error) {
      this.problem(error instanceof PictureError ? error.message : "This picture could not be read.");
    }
    this.focus();
  }

  #setImage(image) {
    this.#reading++;
    if (this.#image) URL.revokeObjectURL($("tray-image").src);
    $("tray").hidden = !image;
    this.#image = undefined;
    $("tray-image").removeAttribute("src");
    if (!image) return;
    const { shrunkFrom, ...sent } = image;
    this.#image = sent;
    $("tray-image").src = urlOf(image);
    const size = `${image.width} × ${image.height}, ${sizeText(image.data.byteLength)}`;
    $("tray-text").textContent = shrunkFrom ? `${size} (made smaller from ${sizeText(shrunkFrom)})` : size;
  }
}
