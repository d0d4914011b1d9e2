// Turns a picked or pasted file into the `image` of a message: checks that it is a picture, measures it, and makes it
// smaller when it is over the limit, so that a photo from a phone can simply be sent.

const types = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const sideMax = 1600;

export class PictureError extends Error {}

// Resolves to {type, width, height, data, shrunkFrom?}; rejects with a PictureError whose message is for the user.
export async function readPicture(file, limitBytes, sizeText) {
  if (!types.includes(file.type)) throw new PictureError("Only PNG, JPEG, GIF and WebP pictures can be sent.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new PictureError("This file is not a picture that can be shown.");
  });
  try {
    if (file.size <= limitBytes) {
      return { type: file.type, width: bitmap.width, height: bitmap.height, data: await file.arrayBuffer() };
    }
    const small = file.type === "image/gif" ? undefined : await shrink(bitmap, limitBytes); // a GIF would stop moving
    if (!small) {
      throw new PictureError(`This picture has ${sizeText(file.size)}; the limit is ${sizeText(limitBytes)}.`);
    }
    return { ...small, shrunkFrom: file.size };
  } finally {
    bitmap.close();
  }
}

async function shrink(bitmap, limitBytes) {
  let scale = Math.min(1, sideMax / Math.max(bitmap.width, bitmap.height));
  for (const quality of [0.85, 0.75, 0.65, 0.55]) {
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const blob = await encode(bitmap, width, height, quality);
    if (blob && blob.size <= limitBytes) return { type: blob.type, width, height, data: await blob.arrayBuffer() };
    scale *= 0.75;
  }
}

function encode(bitmap, width, height, quality) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // JPEG knows no transparency
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

// An object URL for a received picture. The type is one of ours whatever the sender claims: an SVG, say, never comes in.
export function urlOf(image) {
  if (!types.includes(image.type)) return undefined;
  return URL.createObjectURL(new Blob([image.data], { type: image.type }));
}
