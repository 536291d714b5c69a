package docs

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestThePageFitsTheScreen looks at the page on screens of three widths: nothing is
// wider than the screen, the search is as wide as the page, headings are written in
// words, and the operation that has the very name one looks for comes first. With
// PICTURES set to a folder, it leaves pictures there.
func TestThePageFitsTheScreen(t *testing.T) {
	path := findBrowser(t)
	address := startServer(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	defer stop()
	browser, stop := chromedp.NewContext(allocated)
	defer stop()
	ctx, stop := context.WithTimeout(browser, 2*time.Minute)
	defer stop()

	type layout struct{ Page, Search, Tallest float64 }
	measure := chromedp.Evaluate[layout](`({
		page: document.documentElement.scrollWidth,
		search: document.querySelector('.operation-filter-input').getBoundingClientRect().width,
		tallest: Math.max(...[...document.querySelectorAll('.opblock-tag')].map(e => e.getBoundingClientRect().height)),
	})`)
	firstFound := chromedp.Evaluate[string](`document.querySelector('.opblock').id`)
	for _, width := range []int64{1300, 800, 400} {
		var got layout
		var picture []byte
		var first string
		err := errors.Join(
			chromedp.Do(ctx,
				chromedp.EmulateViewport(width, 900),
				chromedp.Navigate("http://"+address+"/docs/"),
				chromedp.WaitVisible("#operations-UsersService-getUser"),
			),
			into(&got)(chromedp.Run(ctx, measure)),
			into(&picture)(chromedp.Run(ctx, chromedp.CaptureScreenshot())),
			chromedp.Do(ctx,
				chromedp.SendKeys(".operation-filter-input", "getUser"),
				chromedp.WaitNotPresent("#operations-UserAnalyticsService-postAnalyticsUsersActivityQuery"),
			),
			into(&first)(chromedp.Run(ctx, firstFound)),
		)
		if err != nil {
			t.Fatalf("%d wide: %v", width, err)
		}
		if folder := os.Getenv("PICTURES"); folder != "" {
			if err := os.WriteFile(folder+"/docs-"+strconv.FormatInt(width, 10)+".png", picture, 0o600); err != nil {
				t.Error(err)
			}
		}
		if got.Page > float64(width) || got.Search < 0.8*float64(width) || got.Tallest > 250 {
			t.Errorf("%d wide: %+v", width, got)
		}
		if first != "operations-UsersService-getUser" {
			t.Errorf("%d wide: the search for getUser shows %s first", width, first)
		}
	}
}
