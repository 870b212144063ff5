"""What an address book is: its entries, the index that finds them, and the shelf a login sees."""
