// Photographs are made smaller before they go up, where nothing legible is lost: a JPEG of more than 2 MB is drawn again with its long side
// at most 3,500 pixels, which is 300 dots per inch of a Letter or A4 page that fills the picture. Documents, screenshots (PNG) and what the
// browser cannot draw (HEIC in most) stay as they are, and so does a photograph that would not become a fifth smaller.
const from = 2 << 20; // bytes
const side = 3500; // pixels
const quality = 0.85;
const gain = 0.8;

/** Gives the file to send: a smaller one, or the same. */
export async function smaller(file: File): Promise<Blob> {
  if (file.type !== "image/jpeg" || file.size <= from) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const context = canvas.getContext("2d");
    if (!context) return file;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const drawn = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", quality));
    return drawn && drawn.size < file.size * gain ? drawn : file;
  } catch {
    return file; // what cannot be drawn goes up as it is
  }
}
