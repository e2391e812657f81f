// tests/rows_table.py: what it makes of the reports of ctest and gtest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/scenario/cluster.h"

namespace talkbeat::scenario {
namespace {

using testing::HasSubstr;

class RowsTable : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(scratch_.path() / name) << text;
    return scratch_.path() / name;
  }
  Outcome table(const std::vector<std::string>& reports) const {
    std::vector<std::string> command{"/usr/bin/python3", source_directory() / "tests/rows_table.py", "--rows",
                                     scratch_.path() / "rows"};
    command.insert(command.end(), reports.begin(), reports.end());
    return run(command);
  }
  // gtest's, of a suite with one test that has passed, and another one.
  static std::string suite(const std::string& other) {
    return R"(<testsuites><testsuite name="F1"><testcase classname="F1" name="a" status="run" result="completed"/>)" +
           other + "</testsuite></testsuites>";
  }
  static std::string entry(const std::string& name, const std::string& status) {
    return R"(<testsuite><testcase name=")" + name + R"(" status=")" + status + R"("/></testsuite>)";
  }

  ScratchDirectory scratch_;
};

TEST_F(RowsTable, a_test_that_was_skipped_or_is_disabled_inside_of_a_suite_is_seen) {
  write("rows", "F1 | a row |\n");
  const std::string ctest = write("ctest.xml", entry("F1", "run"));
  for (const char* other : {R"(<testcase classname="F1" name="b" status="run" result="skipped"><skipped/></testcase>)",
                            R"(<testcase classname="F1" name="b" status="notrun" result="suppressed"/>)"}) {
    const Outcome outcome = table({ctest, write("F1.xml", suite(other))});
    EXPECT_EQ(outcome.exit_code, 1) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("F1   skipped   a row\n"));
    EXPECT_THAT(outcome.out, HasSubstr("skipped: F1.b\n"));
  }
  const Outcome whole = table({ctest, write("F1.xml", suite(""))});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("F1   passed    a row\n"));
}

TEST_F(RowsTable, a_report_from_before_is_worth_nothing_where_the_suite_has_failed_or_did_not_run) {
  write("rows", "F1 | a row |\n");
  const std::string old = write("F1.xml", suite(""));
  EXPECT_THAT(table({write("ctest.xml", entry("F1", "fail")), old}).out, HasSubstr("F1   failed "));
  EXPECT_THAT(table({write("ctest.xml", entry("F2", "run")), old}).out, HasSubstr("F1   missing "));
}

TEST_F(RowsTable, a_test_of_no_row_must_not_be_skipped_either_and_what_is_not_shown_is_said) {
  write("rows", "F1 | a row | partly: half of it\n");
  const std::string suite_report = write("F1.xml", suite(""));
  const Outcome partly = table({suite_report});
  EXPECT_EQ(partly.exit_code, 0) << partly.err;
  EXPECT_THAT(partly.out, HasSubstr("F1   partly    a row\n"));
  EXPECT_THAT(partly.out, HasSubstr("not shown: half of it\n"));
  const Outcome skipped =
      table({write("ctest.xml", R"(<testsuite><testcase name="F1" status="run"/>)"
                                R"(<testcase name="X.y" status="notrun"><skipped/></testcase></testsuite>)"),
             suite_report});
  EXPECT_EQ(skipped.exit_code, 1);
  EXPECT_THAT(skipped.out, HasSubstr("skipped: X.y\n"));
}

}  // namespace
}  // namespace talkbeat::scenario
