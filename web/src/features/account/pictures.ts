// Pictures are drawn again before they leave: smaller, and without the place that a phone writes into them.
const EDGE = 1_800;
const BYTES_MAX = 1_000_000;

async function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality));
}

export async function smaller(file: File): Promise<Blob> {
  const picture = await createImageBitmap(file);
  let edge = EDGE;
  for (let quality = 0.85; ; quality -= 0.15) {
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await encoded(canvas, quality);
    if (made.size <= BYTES_MAX || quality < 0.4) return made;
    edge = Math.round(edge * 0.8);
  }
}
