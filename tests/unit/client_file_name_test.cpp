#include <gtest/gtest.h>

#include "tools/client/file_name.h"
#include "tools/client/terminal_text.h"
#include "tools/client/transfer_meter.h"

namespace talkbeat {
namespace {

TEST(SafeFileName, keeps_an_ordinary_name) {
  EXPECT_EQ(safe_file_name("photo of us.png"), "photo of us.png");
  EXPECT_EQ(safe_file_name("B\xc3\xa4r.txt"), "B\xc3\xa4r.txt");
}

TEST(SafeFileName, takes_only_what_stands_behind_the_last_slash) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\Users\\me\\a.doc"), "a.doc");
  EXPECT_EQ(safe_file_name("/etc/"), "file");
}

TEST(SafeFileName, is_never_a_directory_nor_hidden_nor_an_option) {
  for (const char* name : {"", ".", "..", "   ", "a/..", "\\"}) EXPECT_EQ(safe_file_name(name), "file") << name;
  EXPECT_EQ(safe_file_name(".bashrc"), "_bashrc");
  EXPECT_EQ(safe_file_name("-rf"), "_rf");
}

TEST(SafeFileName, has_nothing_that_a_terminal_obeys_whatever_bytes_come) {
  EXPECT_EQ(safe_file_name("\x1b[2J.png"), "_[2J.png");
  EXPECT_EQ(safe_file_name("gpj.\xe2\x80\xae"
                           "exe"),
            "gpj._exe");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string name = safe_file_name(std::string("a") + static_cast<char>(byte) + "b");
    EXPECT_EQ(name, printable(name)) << byte;
    EXPECT_EQ(name.find('/'), std::string::npos) << byte;
  }
}

TEST(SafeFileName, is_shortened_between_characters_and_keeps_its_extension) {
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "\xc3\xa4";
  const std::string name = safe_file_name(longest + ".jpeg");
  EXPECT_LE(name.size(), kMaxFileName);
  EXPECT_TRUE(name.ends_with(".jpeg"));
  EXPECT_TRUE(is_utf8(name));
}

TEST(SafeFileName, that_is_shortened_does_not_end_with_a_blank) {
  const std::string letters(kMaxFileName - 1, 'a');
  EXPECT_EQ(safe_file_name(letters + " and more"), letters);
}

TEST(SafeFileName, is_safe_already) {
  for (const char* name : {"a.b", "x/../y", "\n", "...", ". .", " .x", "-"}) {
    const std::string once = safe_file_name(name);
    EXPECT_EQ(safe_file_name(once), once) << name;
  }
}

TEST(NumberedFileName, stands_before_the_extension) {
  EXPECT_EQ(numbered_file_name("a.png", 0), "a.png");
  EXPECT_EQ(numbered_file_name("a.png", 2), "a (2).png");
  EXPECT_EQ(numbered_file_name("README", 1), "README (1)");
}

TEST(PartFileName, takes_no_path_from_a_task) {
  EXPECT_EQ(part_file_name("a.png", "0af/../x"), "a.png.0af____x.part");
  EXPECT_LE(part_file_name(std::string(kMaxFileName, 'a'), std::string(1'000, 'b')).size(), 255u);
}

TEST(TransferMeter, shows_share_rate_and_time_left) {
  TransferMeter meter(10'000'000);
  EXPECT_EQ(meter.line(), "0%");
  meter.note(0, 0);
  meter.note(1'000, 2'000'000);
  EXPECT_EQ(meter.line(), "20%  2.0 MB/s  0:04 left");
  EXPECT_EQ(meter.bar(10), "[##--------] 20%  2.0 MB/s  0:04 left");
}

TEST(TransferMeter, what_an_earlier_run_has_brought_is_no_rate) {
  TransferMeter meter(10'000'000);
  meter.note(0, 5'000'000);
  meter.note(1'000, 5'500'000);
  EXPECT_EQ(meter.line(), "55%  500.0 kB/s  0:09 left");
}

TEST(TransferMeter, an_empty_file_is_whole) {
  EXPECT_EQ(TransferMeter(0).percent(), 100);
}

TEST(SizeText, has_units) {
  EXPECT_EQ(size_text(1), "1 byte");
  EXPECT_EQ(size_text(999), "999 bytes");
  EXPECT_EQ(size_text(20'000'000), "20.0 MB");
  EXPECT_EQ(size_text(999'999), "1.0 MB");
}

}  // namespace
}  // namespace talkbeat
