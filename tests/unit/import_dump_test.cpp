#include "tools/talkctl/import_dump.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace talkbeat {
namespace {

/// What a dump gives, a row as "table: column=value column=NULL".
struct Read {
  std::vector<std::string> rows;
  Status status;
  bool completed = false;
};

Read read(const std::string& dump, size_t at_a_time = 1 << 20) {
  Read result;
  size_t done = 0;
  const auto source = [&](std::span<char> into) -> Result<size_t> {
    const size_t count = std::min({into.size(), at_a_time, dump.size() - done});
    std::copy_n(dump.begin() + static_cast<ptrdiff_t>(done), count, into.begin());
    done += count;
    return count;
  };
  DumpReader reader(source, [&](const DumpRow& row) {
    std::string text = row.table + ":";
    for (size_t i = 0; i < row.columns.size(); ++i) {
      text += " " + row.columns[i] + "=" + (row.values[i].null ? "NULL" : row.values[i].text);
    }
    result.rows.push_back(text);
    return Status();
  });
  result.status = reader.read_all();
  result.completed = reader.saw_completed();
  return result;
}

std::vector<std::string> rows_of(const std::string& dump) {
  const Read result = read(dump);
  EXPECT_TRUE(result.status.ok()) << result.status.message();
  return result.rows;
}

std::string why_not(const std::string& dump) {
  const Read result = read(dump);
  return result.status.ok() ? "" : result.status.message();
}

using Rows = std::vector<std::string>;

constexpr const char* kDump = R"sql(-- MySQL dump 10.13  Distrib 5.7.33, for Linux (x86_64)
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
SET @x = 'a;b';
DROP TABLE IF EXISTS `T`;
CREATE TABLE `T` (
  `Id` int(11) unsigned NOT NULL AUTO_INCREMENT COMMENT 'a, b) and (c',
  `Name` varchar(32) COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT '`;',
  `price` decimal(10,2) DEFAULT NULL, -- one, more
  PRIMARY KEY (`Id`),
  KEY `idx_name` (`Name`(10)),
  CONSTRAINT `fk` FOREIGN KEY (`price`) REFERENCES `x` (`y`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COMMENT='x (y';

LOCK TABLES `T` WRITE;
/*!40000 ALTER TABLE `T` DISABLE KEYS */;
INSERT INTO `T` VALUES (1,'it''s; \'q\' "x" \\ \n\t\Z\0\%',NULL),(2,_binary 'b\'x',-1.5e-3);
insert ignore into `db`.`t` (`name`, id) values ('),(', 0x4142) , ('',+7);
/*!40000 ALTER TABLE `T` ENABLE KEYS */;
UNLOCK TABLES;
# a comment; with a 'quote
REPLACE INTO T (id) VALUE (X'6869'),(TRUE),(DEFAULT),("say ""hi"""),(0x),(N'n') ON DUPLICATE KEY UPDATE id = '(1)';
-- Dump completed on 2024-01-01  0:00:00
)sql";

const Rows kRows = {
    std::string("t: id=1 name=it's; 'q' \"x\" \\ \n\t\x1a") + '\0' + "\\% price=NULL",
    "t: id=2 name=b'x price=-1.5e-3",
    "t: name=),( id=AB",
    "t: name= id=+7",
    "t: id=hi",
    "t: id=1",
    "t: id=NULL",
    "t: id=say \"hi\"",
    "t: id=",
    "t: id=n",
};

TEST(ImportDumpTest, every_way_of_writing_a_value_is_read) {
  const Read result = read(kDump);
  EXPECT_TRUE(result.status.ok()) << result.status.message();
  EXPECT_EQ(result.rows, kRows);
  EXPECT_TRUE(result.completed);
}

TEST(ImportDumpTest, it_does_not_matter_how_the_bytes_come) {
  const Rows whole = read(kDump).rows;
  for (size_t at_a_time : {1, 2, 3, 7, 64}) EXPECT_EQ(read(kDump, at_a_time).rows, whole);
}

TEST(ImportDumpTest, triggers_and_procedures_are_skipped) {
  EXPECT_EQ(rows_of("DELIMITER ;;\n"
                    "CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (1); SELECT 'x;;'; END ;;\n"
                    "DELIMITER ;\n"
                    "INSERT INTO t (a) VALUES (2);\n"),
            (Rows{"t: a=2"}));
}

TEST(ImportDumpTest, lines_and_statements_may_be_of_any_length) {
  std::string dump = "INSERT INTO t (a,b) VALUES ";
  const std::string text(1'000, 'x');
  for (int i = 0; i < 4'000; ++i) dump += (i == 0 ? "(" : ",(") + std::to_string(i) + ",'" + text + "')";
  const Rows rows = rows_of(dump + ";");
  ASSERT_EQ(rows.size(), 4'000u);
  EXPECT_EQ(rows.back(), "t: a=3999 b=" + text);
}

TEST(ImportDumpTest, a_value_that_is_too_long_is_cut_off_and_says_so) {
  const std::string dump = "INSERT INTO t (a,b) VALUES ('" + std::string(SqlTokens::kMaxText + 5, 'x') + "',2);";
  bool done = false;
  bool cut = false;
  DumpReader reader(
      [&](std::span<char> into) -> Result<size_t> {
        static size_t taken = 0;
        const size_t count = std::min(into.size(), dump.size() - taken);
        std::copy_n(dump.begin() + static_cast<ptrdiff_t>(taken), count, into.begin());
        taken += count;
        return count;
      },
      [&](const DumpRow& row) {
        done = true;
        cut = row.find("a")->cut && row.find("a")->text.size() == SqlTokens::kMaxText && !row.find("b")->cut;
        return Status();
      });
  EXPECT_TRUE(reader.read_all().ok());
  EXPECT_TRUE(done && cut);
}

TEST(ImportDumpTest, a_dump_that_is_cut_off_anywhere_inside_of_a_statement_fails) {
  const std::string dump = "CREATE TABLE t (a int, b text);\nINSERT INTO t VALUES (1,'x\\'y'),(2,_binary 'z');\n";
  for (size_t end = 41; end < dump.size() - 2; ++end) {
    EXPECT_NE(why_not(dump.substr(0, end)), "") << dump.substr(0, end);
  }
  EXPECT_NE(why_not(dump.substr(0, dump.size() - 5)).find("not complete"), std::string::npos);
  EXPECT_NE(why_not("/* a comment").find("not complete"), std::string::npos);
}

TEST(ImportDumpTest, what_is_wrong_is_told_with_its_line) {
  EXPECT_NE(why_not("\n\nINSERT INTO t VALUES (1);").find("line 3: rows without the names"), std::string::npos);
  EXPECT_NE(why_not("INSERT INTO t (a,b) VALUES (1);").find("fewer values"), std::string::npos);
  EXPECT_NE(why_not("INSERT INTO t (a) VALUES (1,2);").find("more values"), std::string::npos);
  for (const char* bad : {"INSERT INTO t (a) VALUES (now());", "INSERT INTO t (a) SELECT 1;", "INSERT INTO t (a VALUES",
                          "INSERT INTO t (a) VALUES (1) (2);", "INSERT INTO t (a) VALUES 1;", "%PDF-1.4", "<html>",
                          "INSERT INTO t (a) VALUES (x'zz');", "CREATE TABLE t (a int, (;", "INSERT INTO 'a'.;"}) {
    EXPECT_NE(why_not(bad), "") << bad;
  }
  for (size_t at_a_time : {1, 2, 3, 100}) {
    const std::string message = read("/* no end\n \n", at_a_time).status.message();
    EXPECT_NE(message.find("line 3: "), std::string::npos) << message;
  }
}

TEST(ImportDumpTest, a_source_that_fails_is_what_the_reader_says) {
  DumpReader reader([](std::span<char>) -> Result<size_t> { return Error{"the disk is gone"}; },
                    [](const DumpRow&) { return Status(); });
  const Status status = reader.read_all();
  EXPECT_NE(status.message().find("the disk is gone"), std::string::npos);
}

TEST(ImportDumpTest, who_takes_the_rows_may_stop_it) {
  int rows = 0;
  bool given = false;
  const std::string dump = "INSERT INTO t (a) VALUES (1),(2),(3);";
  DumpReader reader(
      [&](std::span<char> into) -> Result<size_t> {
        if (std::exchange(given, true)) return size_t{0};
        std::ranges::copy(dump, into.begin());
        return dump.size();
      },
      [&](const DumpRow&) { return ++rows < 2 ? Status() : Status(Error{"enough"}); });
  EXPECT_EQ(reader.read_all().message(), "line 1: enough");
  EXPECT_EQ(rows, 2);
}

// Whatever the bytes are, it ends, within bounds, with rows or with a reason.
TEST(ImportDumpTest, random_bytes_and_damaged_dumps_do_no_harm) {
  const std::string alphabet = "INSERT O`'\"(),;-\\/*#0x1\nVALUES_b.";
  uint32_t seed = 1;
  const auto random = [&seed](size_t below) { return (seed = seed * 1'664'525 + 1'013'904'223) / 65'536 % below; };
  for (int round = 0; round < 300; ++round) {
    std::string dump;
    for (int i = 0; i < 60; ++i) dump += alphabet[random(alphabet.size())];
    (void)read(dump, 1 + random(9));
    std::string damaged = kDump;
    for (int i = 0; i < 5; ++i) damaged[random(damaged.size())] = static_cast<char>(random(256));
    (void)read(damaged, 50 + random(5'000));
  }
}

}  // namespace
}  // namespace talkbeat
