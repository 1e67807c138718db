// A photo of a place, made small on the phone: it leaves on one bar of signal, and without where and when it was taken.
const LONGEST_SIDE = 1600;
const QUALITY = 0.82;
const TYPES = ["image/jpeg", "image/png", "image/webp"];
export const MOST = 12_000_000;

// {type, bytes}. Throws for what is no picture. Bytes rather than a Blob: some phones lose a Blob from their store.
export const shrink = async (file) => {
  if (!globalThis.createImageBitmap) return asItIs(file);
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const sheet = canvas.getContext("2d");
  sheet.fillStyle = "#fff";
  sheet.fillRect(0, 0, canvas.width, canvas.height);
  sheet.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const drawn = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return drawn ? { type: drawn.type, bytes: await drawn.arrayBuffer() } : asItIs(file);
};

// The server draws every picture anew, whatever came.
const asItIs = async (file) => {
  if (!TYPES.includes(file.type)) throw new TypeError(file.type);
  return { type: file.type, bytes: await file.arrayBuffer() };
};
