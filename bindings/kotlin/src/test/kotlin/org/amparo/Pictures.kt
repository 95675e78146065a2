// A picture that knows more than it shows.
package org.amparo

import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import javax.imageio.ImageIO

/** A JPEG picture with an Exif segment and something behind its end. */
internal fun jpegWithExif(): ByteArray {
    val picture = BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB)
    for (x in 0 until 64) for (y in 0 until 48) picture.setRGB(x, y, x * 4 shl 16 or (y * 5 shl 8) or (x xor y))
    val jpeg = ByteArrayOutputStream().also { ImageIO.write(picture, "jpeg", it) }.toByteArray()
    // A header, a directory of no entries, and words behind it.
    val exif = "Exif\u0000\u0000MM\u0000*\u0000\u0000\u0000\u0008\u0000\u0000\u0000\u0000\u0000\u0000 Layla's phone".toByteArray()
    val length = exif.size + 2
    val segment = byteArrayOf(0xff.toByte(), 0xe1.toByte(), (length shr 8).toByte(), length.toByte()) + exif
    return jpeg.copyOf(2) + segment + jpeg.copyOfRange(2, jpeg.size) + "Layla's address".toByteArray()
}

internal fun pixels(jpeg: ByteArray): IntArray = ImageIO.read(jpeg.inputStream()).let {
    it.getRGB(0, 0, it.width, it.height, null, 0, it.width)
}
