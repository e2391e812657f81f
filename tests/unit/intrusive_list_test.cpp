#include "base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace talkbeat {
namespace {

struct RedTag;
struct BlueTag;

struct Item : ListNode<RedTag>, ListNode<BlueTag> {
  explicit Item(char letter) : name(letter) {}
  char name;
};
using Reds = IntrusiveList<Item, RedTag>;
using Blues = IntrusiveList<Item, BlueTag>;

template <class List>
std::string drain(List& list) {
  std::string names;
  while (!list.empty()) names += list.pop_front().name;
  return names;
}

TEST(IntrusiveList, keeps_the_order_of_pushing) {
  Item a('a'), b('b'), c('c');
  Reds list;
  for (Item* item : {&a, &b, &c}) list.push_back(*item);
  EXPECT_EQ(list.front().name, 'a');
  EXPECT_EQ(drain(list), "abc");
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveList, pushing_again_moves_to_the_end_even_from_another_list) {
  Item a('a'), b('b');
  Reds list;
  Reds other;
  list.push_back(a);
  list.push_back(a);
  list.push_back(b);
  list.push_back(a);
  EXPECT_EQ(list.front().name, 'b');
  other.push_back(b);
  EXPECT_EQ(drain(list), "a");
  EXPECT_EQ(drain(other), "b");
}

TEST(IntrusiveList, pushing_to_the_front_moves_there_even_from_the_same_list) {
  Item a('a'), b('b'), c('c');
  Reds list;
  list.push_front(a);
  list.push_front(b);
  list.push_back(c);
  list.push_front(c);
  list.push_front(c);
  EXPECT_EQ(list.back().name, 'a');
  EXPECT_EQ(drain(list), "cba");
}

TEST(IntrusiveList, one_object_hangs_in_several_lists) {
  Item a('a'), b('b');
  Reds reds;
  Blues blues;
  reds.push_back(a);
  reds.push_back(b);
  blues.push_back(b);
  blues.push_back(a);
  static_cast<ListNode<RedTag>&>(a).unlink();
  EXPECT_FALSE(static_cast<ListNode<RedTag>&>(a).linked());
  EXPECT_EQ(drain(reds), "b");
  EXPECT_EQ(drain(blues), "ba");
}

TEST(IntrusiveList, a_destroyed_object_leaves_its_lists) {
  Reds list;
  Item a('a');
  list.push_back(a);
  {
    Item gone('g');
    list.push_back(gone);
  }
  EXPECT_EQ(drain(list), "a");
}

TEST(IntrusiveList, a_destroyed_list_lets_its_objects_go) {
  Item a('a');
  {
    Reds list;
    list.push_back(a);
  }
  EXPECT_FALSE(static_cast<ListNode<RedTag>&>(a).linked());
}

TEST(IntrusiveList, splicing_moves_all_in_order) {
  Item a('a'), b('b'), c('c');
  Reds list;
  Reds other;
  list.push_back(a);
  other.push_back(b);
  other.push_back(c);
  list.splice_back(other);
  list.splice_back(other);
  EXPECT_TRUE(other.empty());
  EXPECT_EQ(drain(list), "abc");
}

TEST(IntrusiveList, clearing_unlinks_all) {
  Item a('a'), b('b');
  Reds list;
  list.push_back(a);
  list.push_back(b);
  list.clear();
  EXPECT_TRUE(list.empty());
  EXPECT_FALSE(static_cast<ListNode<RedTag>&>(b).linked());
}

TEST(IntrusiveListDeathTest, the_front_of_an_empty_list_is_a_bug) {
  Reds list;
  EXPECT_DEATH(list.front(), "this is a bug in TalkBeat");
}

}  // namespace
}  // namespace talkbeat
