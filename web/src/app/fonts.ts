// The map's fonts must be there before the map: it draws its letters once.
let ready: Promise<unknown> | undefined;

export function fonts(): Promise<unknown> {
  return (ready ??= Promise.all([
    document.fonts.load('400 16px "Beffroi Sans Regular"'), document.fonts.load('500 16px "Beffroi Sans Medium"'),
    document.fonts.load('600 16px "Beffroi Sans SemiBold"'), document.fonts.load('italic 400 16px "Beffroi Sans Italic"'), document.fonts.load('700 16px "Beffroi Sans"'),
  ]).catch(() => undefined));
}
