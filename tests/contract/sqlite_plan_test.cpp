#include <gtest/gtest.h>

#include <string>

#include "msg_server/store/sqlite_queries.h"
#include "msg_server/store/sqlite_schema.h"
#include "msg_server/store/sqlite_statement.h"

namespace talkbeat {
namespace {

std::string plan_of(SqliteConnection& connection, std::string_view sql) {
  auto statement = Statement::prepare(connection, "EXPLAIN QUERY PLAN " + std::string(sql));
  EXPECT_TRUE(statement.ok()) << sql;
  if (!statement.ok()) return "";
  std::string plan;
  Query query(statement.value());
  while (query.next()) plan += query.text(3) + "\n";
  return plan;
}

class SqlitePlan : public ::testing::Test {
 protected:
  SqlitePlan() : connection_(std::move(SqliteConnection::open(":memory:", true).value())) {
    EXPECT_TRUE(migrate(connection_, schema_steps()).ok());
  }
  SqliteConnection connection_;
};

// SQLite says SEARCH where it goes through an index or the primary key, SCAN where it reads a whole table.
TEST_F(SqlitePlan, no_statement_reads_a_whole_table_or_sorts) {
  for (const SqlText& sql : kSqlTexts) {
    const std::string plan = plan_of(connection_, sql.text);
    EXPECT_EQ(plan.find("SCAN"), std::string::npos) << sql.text << "\n" << plan;
    EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << sql.text << "\n" << plan;
    EXPECT_EQ(plan.find("AUTOMATIC"), std::string::npos) << sql.text << "\n" << plan;
    if (sql.text.find("INSERT") == std::string_view::npos) {
      EXPECT_NE(plan.find("SEARCH"), std::string::npos) << sql.text << "\n" << plan;
    }
  }
}

TEST_F(SqlitePlan, the_test_itself_notices_a_scan) {
  EXPECT_NE(plan_of(connection_, "SELECT 1 FROM users WHERE nick = ?1").find("SCAN"), std::string::npos);
}

}  // namespace
}  // namespace talkbeat
