import { randomUUID } from 'node:crypto';
import { BadRequestException, Body, Controller, Delete, Get, NotFoundException, Param, Post } from '@nestjs/common';
import type { UserPrincipal } from '@pawl/nest';
import { CurrentUser, Public, RequireAuth, Roles } from '@pawl/nest';

/** In memory, because this example is about who may see what. */
const orders = new Map<string, { id: string; userId: string; item: string }>();

@Controller('orders')
export class OrdersController {
  @Get()
  listMine(@CurrentUser() { userId }: UserPrincipal) {
    return [...orders.values()].filter((order) => order.userId === userId);
  }

  @Post()
  place(@CurrentUser() { userId }: UserPrincipal, @Body('item') item: unknown) {
    if (typeof item !== 'string') throw new BadRequestException('item must be text');
    const order = { id: randomUUID(), userId, item };
    orders.set(order.id, order);
    return order;
  }

  @RequireAuth({ maxAgeSeconds: 300 })
  @Delete(':id')
  cancel(@CurrentUser() { userId }: UserPrincipal, @Param('id') id: string) {
    if (orders.get(id)?.userId !== userId) throw new NotFoundException();
    orders.delete(id);
  }

  @Roles('admin')
  @Get('all')
  listAll() {
    return [...orders.values()];
  }

  @Public()
  @Get('count')
  count() {
    return { orders: orders.size };
  }
}
