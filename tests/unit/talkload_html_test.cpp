#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/unit/talkload_report_fixture.h"
#include "tools/talkload/plot_axis.h"
#include "tools/talkload/report_html.h"
#include "tools/talkload/svg_plot.h"

namespace talkbeat::load {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pointwise;

using HtmlReportTest = ReportFixture;

// What is wrong with a text that should be well-formed XML, as far as we use it: tags that match, attributes in double
// quotes, no stray < or &. Empty: nothing.
std::string fault_in_xml(std::string_view text) {
  std::vector<std::string> open;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '&') {
      const std::string_view entity = text.substr(at, text.find(';', at) + 1 - at);
      if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;")
        return "& at " + std::to_string(at);
    }
    if (text[at] != '<') continue;
    const size_t end = text.find('>', at);
    if (end == std::string_view::npos) return "a tag without an end";
    const std::string_view tag = text.substr(at + 1, end - at - 1);
    at = end;
    if (tag.starts_with('!')) continue;
    if (tag.find('<') != std::string_view::npos) return "< in a tag: " + std::string(tag);
    if (std::ranges::count(tag, '"') % 2 != 0) return "quotes in " + std::string(tag);
    const std::string name(tag.substr(0, tag.find_first_of(" \n/", tag.starts_with('/') ? 1 : 0)));
    if (tag.ends_with('/')) continue;
    if (!tag.starts_with('/')) {
      open.push_back(name);
    } else if (open.empty() || "/" + open.back() != name) {
      return name + " closes " + (open.empty() ? "nothing" : open.back());
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " is not closed";
}

TEST(XmlCheck, finds_what_is_wrong) {
  EXPECT_EQ(fault_in_xml("<a><b x=\"1\"/>&lt;</a>"), "");
  for (const char* wrong : {"<a>", "<a></b>", "<a>&</a>", "<a x=\"></a>", "</a>", "<a"})
    EXPECT_NE(fault_in_xml(wrong), "");
}

TEST_F(HtmlReportTest, is_well_formed_and_needs_nothing_else) {
  for (const RunReport& all : {report(), report_with_servers()}) {
    const std::string html = report_html(all);
    EXPECT_EQ(fault_in_xml(html), "");
    EXPECT_THAT(html, Not(HasSubstr("<script")));
    EXPECT_THAT(html, Not(HasSubstr("src=")));
    EXPECT_THAT(html, Not(HasSubstr("href=")));
    EXPECT_THAT(html, Not(HasSubstr("url(")));
    EXPECT_THAT(html, Not(HasSubstr("nan")));
    EXPECT_LT(html.size(), 200'000U);
  }
}

TEST_F(HtmlReportTest, shows_verdict_command_line_and_plots) {
  const std::string html = report_html(report_with_servers());
  EXPECT_THAT(html, HasSubstr("<strong>ok</strong> every message arrived once and in order"));
  EXPECT_THAT(html, HasSubstr("<pre>talkload chat --dir run --pairs 2</pre>"));
  EXPECT_THAT(html, HasSubstr("<b>50,000</b><span>messages/s</span>"));
  EXPECT_THAT(html, HasSubstr("<b>12.5 s</b>"));
  for (const char* plot : {"messages a second", "Latency, from", "How latencies are spread", "CPU of the servers",
                           "Memory of the servers", "Memory of this machine's TCP"}) {
    EXPECT_THAT(html, HasSubstr(std::string("<figcaption>") + plot)) << plot;
  }
  EXPECT_THAT(html, HasSubstr("A &lt;fast&gt; &amp; good one"));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&quot;&amp;'"));
}

TEST_F(HtmlReportTest, names_what_went_wrong) {
  outcome_ = {
      .ok = false, .exit_code = 1, .meaning = "lost", .failures = {"pair <3>"}, .failures_left_out = 0, .notes = {}};
  Sample bad = sample(11);
  bad.totals.lost = 3;
  figures_.add(0, bad);
  const std::string html = report_html(report());
  EXPECT_EQ(fault_in_xml(html), "");
  EXPECT_THAT(html, HasSubstr("class=\"verdict failed\"><strong>failed</strong> lost"));
  EXPECT_THAT(html, HasSubstr("<li>pair &lt;3&gt;</li>"));
  EXPECT_THAT(html, HasSubstr("<figcaption>Problems a second"));
}

TEST_F(HtmlReportTest, lines_of_many_servers_are_summed_up) {
  servers_ = 9;
  const std::string html = report_html(report_with_servers());
  EXPECT_THAT(html, HasSubstr("all msg_servers"));
  EXPECT_THAT(html, Not(HasSubstr("msg_server_8")));
}

TEST(HtmlReport, a_run_that_ended_before_it_began_is_a_page_too) {
  const RunDescription run;
  const Outcome outcome{.ok = false, .exit_code = 3, .meaning = "could not connect", .failures = {}, .notes = {}};
  const RunFigures figures(1, {});
  const std::string html = report_html({.run = run, .outcome = outcome, .figures = figures});
  EXPECT_EQ(fault_in_xml(html), "");
  EXPECT_THAT(html, Not(HasSubstr("<svg")));
}

TEST(SvgPlot, what_xml_cannot_hold_becomes_a_question_mark) {
  EXPECT_EQ(escape_xml("a<b>&\"c\" é\n"), "a&lt;b&gt;&amp;&quot;c&quot; é\n");
  EXPECT_EQ(escape_xml("\x1b\xff\xef\xbf\xbf"), "???");
}

TEST(SvgPlot, a_line_needs_two_points) {
  Plot plot;
  plot.lines = {{"one", {{1, 1}}}};
  EXPECT_EQ(line_plot(plot), "");
  plot.lines[0].points.push_back({2, 5});
  EXPECT_THAT(line_plot(plot), HasSubstr("d=\"M72.0 "));
}

TEST(SvgPlot, what_a_logarithm_cannot_show_is_left_out) {
  Plot plot;
  plot.logarithmic = true;
  plot.lines = {{"", {{0, 0}, {1, 100}, {2, NAN}, {3, 1000}}}};
  const std::string html = line_plot(plot);
  EXPECT_EQ(fault_in_xml(html), "");
  EXPECT_THAT(html, Not(HasSubstr("nan")));
  EXPECT_THAT(html, HasSubstr("d=\"M72.0 214.0 L736.0 10.0\""));
}

TEST(SvgPlot, a_histogram_of_one_value_is_a_plot_too) {
  Histogram latency;
  latency.record(1'000'000);
  EXPECT_EQ(fault_in_xml(histogram_plot("x", latency)), "");
  EXPECT_THAT(histogram_plot("x", latency), HasSubstr("class=\"bar\""));
  EXPECT_EQ(histogram_plot("x", Histogram()), "");
  latency.record(0);
  latency.record(UINT64_MAX);
  EXPECT_EQ(fault_in_xml(histogram_plot("x", latency)), "");
}

TEST(PlotAxis, marks_are_round_numbers) {
  EXPECT_THAT(PlotAxis::linear({0, 46'000}, {0, 1}).marks(), ElementsAre(0, 10'000, 20'000, 30'000, 40'000));
  EXPECT_THAT(PlotAxis::linear({0, 0}, {0, 1}).marks().front(), 0);
  EXPECT_THAT(PlotAxis::linear({0, 2048}, {0, 1}, 1024).marks(), ElementsAre(0, 512, 1024, 1536, 2048));
  EXPECT_THAT(PlotAxis::logarithmic({3, 40}, {0, 1}).marks(), Pointwise(DoubleNear(1e-9), {2, 5, 10, 20, 50}));
  EXPECT_THAT(PlotAxis::logarithmic({3, 40'000}, {0, 1}).marks(),
              Pointwise(DoubleNear(1e-6), {1, 10, 100, 1000, 10'000, 100'000}));
  EXPECT_EQ(PlotAxis::logarithmic({10, 10}, {0, 1}).marks().size(), 2U);
}

TEST(PlotAxis, figures_become_pixels) {
  const PlotAxis linear = PlotAxis::linear({0, 10}, {200, 100});
  EXPECT_DOUBLE_EQ(linear.pixel(0), 200);
  EXPECT_DOUBLE_EQ(linear.pixel(5), 150);
  EXPECT_DOUBLE_EQ(linear.pixel(99), 100) << "never outside";
  const PlotAxis logarithmic = PlotAxis::logarithmic({1, 100}, {0, 100});
  EXPECT_DOUBLE_EQ(logarithmic.pixel(10), 50);
}

}  // namespace
}  // namespace talkbeat::load
