package sheet

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/beffroi/beffroi/internal/problem"
)

// maxUnzipped bounds what an XLSX may unfold to, in bytes: it is a zip file,
// and may be a bomb.
const maxUnzipped = 512 << 20

// dateLike is what Excel shows of a date, in whatever order.
var dateLike = regexp.MustCompile(`^\d{1,4}[-/. ](\d{1,2}|\pL{3,9}\.?)[-/. ]\d{1,4}`)

// readXLSX reads the first sheet that holds something. Values are taken as
// stored, not as shown, so that no format rounds a number; dates are stored as
// numbers, and become dates again by how they are shown.
func readXLSX(data []byte) (t *Table, err error) {
	no := func(err error) (*Table, error) {
		return nil, problem.Wrap(problem.BadRequestData, err, "the Excel file cannot be read: %.200v; save it anew as .xlsx, or as CSV", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: 16 << 20, RawCellValue: true})
	if err != nil {
		return no(err)
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			t, err = no(e)
		}
	}()
	t = &Table{Kind: "xlsx"}
	for _, name := range f.GetSheetList() {
		rows, err := f.Rows(name)
		if err != nil {
			return no(err)
		}
		for line := 1; rows.Next(); line++ {
			rec, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				rows.Close()
				return no(err)
			}
			for i, raw := range rec {
				if s, ok := t.date(f, name, i, line, raw); ok {
					rec[i] = s
				}
			}
			if err := t.add(rec, line); err != nil {
				rows.Close()
				return nil, err
			}
		}
		if err := rows.Close(); err != nil {
			return no(err)
		}
		if t.Heads != nil {
			break
		}
	}
	return t.whole()
}

// date gives a cell that is shown as a date as that date.
func (t *Table) date(f *excelize.File, sheet string, column, line int, raw string) (string, bool) {
	n, err := strconv.ParseFloat(raw, 64)
	if t.Heads == nil || err != nil || n < 1 || n > 2_958_465 { // 9999-12-31
		return "", false
	}
	at, err := excelize.CoordinatesToCellName(column+1, line)
	if err != nil {
		return "", false
	}
	style, err := f.GetCellStyle(sheet, at)
	if err != nil || style == 0 {
		return "", false // shown as stored
	}
	shown, err := f.GetCellValue(sheet, at, excelize.Options{RawCellValue: false})
	if err != nil || shown == raw || !dateLike.MatchString(shown) {
		return "", false
	}
	d, err := excelize.ExcelDateToTime(n, false)
	if err != nil {
		return "", false
	}
	if n == float64(int64(n)) {
		return d.Format("2006-01-02"), true
	}
	return d.Format("2006-01-02T15:04:05Z"), true
}
